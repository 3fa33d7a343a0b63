using System.Text.Json.Nodes;

namespace Realtime.Daemon.Configuration;

/// <summary>The pieces of which the configuration's JSON Schema is made.</summary>
internal static class JsonSchemas
{
    /// <summary>Of a type in words, such as "string or null".</summary>
    public static JsonObject OfType(string type)
    {
        var types = type.Split(" or ");
        return new JsonObject
        {
            ["type"] = types.Length == 1
                ? JsonValue.Create(types[0])
                : new JsonArray([.. types.Select(static one => JsonValue.Create(one))]),
        };
    }

    public static JsonObject Text(string? pattern)
    {
        var schema = OfType("string");
        if (pattern is not null)
            schema["pattern"] = pattern;
        return schema;
    }

    public static JsonObject Whole(long least, long? most)
    {
        var schema = OfType("integer");
        schema["minimum"] = least;
        if (most is not null)
            schema["maximum"] = most;
        return schema;
    }

    public static JsonObject Number(double least, double most)
    {
        var schema = OfType("number");
        schema["minimum"] = least;
        schema["maximum"] = most;
        return schema;
    }

    public static JsonObject OneOf(IEnumerable<string> names) => new()
    {
        ["enum"] = new JsonArray([.. names.Select(static name => JsonValue.Create(name))]),
    };

    public static JsonObject OrNull(JsonObject schema)
    {
        if (schema["anyOf"] is not JsonArray several)
            return AnyOf(schema, OfType("null"));
        several.Add(OfType("null"));
        return schema;
    }

    public static JsonObject AnyOf(params JsonNode[] schemas) => new() { ["anyOf"] = new JsonArray(schemas) };

    public static JsonObject List(JsonObject items, bool mayBeEmpty)
    {
        var schema = OfType("array");
        schema["items"] = items;
        if (!mayBeEmpty)
            schema["minItems"] = 1;
        return schema;
    }

    /// <summary>Nothing but these properties.</summary>
    public static JsonObject Object(JsonObject properties, IEnumerable<string> required)
    {
        var schema = OfType("object");
        schema["properties"] = properties;
        schema["additionalProperties"] = false;
        JsonNode[] names = [.. required.Select(static name => JsonValue.Create(name))];
        if (names.Length != 0)
            schema["required"] = new JsonArray(names);
        return schema;
    }
}
