using System.Text.Json;

namespace Realtime.Cells.Files;

/// <summary>
/// The members of one JSON object, each taken once by name; what is left at the end is an unknown key.
/// </summary>
internal sealed class Fields
{
    private readonly Dictionary<string, JsonElement> _left = new(StringComparer.Ordinal);
    private readonly List<string> _known = [];

    public Fields(JsonElement element, string place, Origin origin)
    {
        Place = place;
        Origin = origin;
        if (element.ValueKind != JsonValueKind.Object)
            throw origin.Fault(place.Length == 0 ? "description" : place, $"expected an object, found {Kind(element)}");
        foreach (JsonProperty property in element.EnumerateObject()) _left.Add(property.Name, property.Value);
    }

    public string Place { get; }
    public Origin Origin { get; }

    public string At(string key) => Place.Length == 0 ? key : $"{Place}.{key}";

    public bool Has(string key) => _left.ContainsKey(key);

    /// <summary>The same of a key that belongs here, if it is left out, too.</summary>
    public bool Knows(string key)
    {
        if (Has(key)) return true;
        _known.Add(key);
        return false;
    }

    public bool TryTake(string key, out JsonElement value)
    {
        _known.Add(key);
        return _left.Remove(key, out value);
    }

    public JsonElement Take(string key) =>
        TryTake(key, out JsonElement value) ? value : throw Origin.Fault(At(key), "expected this key, found none");

    public Fields TakeObject(string key) => new(Take(key), At(key), Origin);

    public string TakeText(string key) => TextOf(Take(key), At(key), Origin);

    public int TakeSize(string key, int largest) => WholeOf(Take(key), At(key), largest, Origin);

    public double TakeNumber(string key) => NumberOf(Take(key), At(key), Origin);

    public double TakePositive(string key)
    {
        double number = TakeNumber(key);
        return number > 0 ? number : throw Origin.Fault(At(key), $"expected a number above 0, found {number}");
    }

    public bool TakeFlag(string key)
    {
        JsonElement value = Take(key);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Origin.Fault(At(key), $"expected true or false, found {Kind(value)}");
    }

    public string[] TakeTexts(string key)
    {
        string[] texts = Elements(key, (element, place) => TextOf(element, place, Origin));
        if (texts.Length == 0) throw Origin.Fault(At(key), "expected at least one name, found none");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < texts.Length; i++)
            if (!seen.Add(texts[i])) throw Origin.Fault($"{At(key)}[{i}]", $"the name '{texts[i]}' appears twice");
        return texts;
    }

    public double[] TakeNumbers(string key) => Elements(key, (element, place) => NumberOf(element, place, Origin));

    public int[] TakeSizes(string key, int largest) =>
        Elements(key, (element, place) => WholeOf(element, place, largest, Origin));

    public JsonElement[] TakeElements(string key) => Elements(key, (element, _) => element);

    /// <summary>Call when every known key has been taken.</summary>
    public void RefuseUnknown()
    {
        foreach (string key in _left.Keys)
            throw Origin.Fault(At(key), $"unknown key; known here: {string.Join(", ", _known)}");
    }

    public static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"an array of {element.GetArrayLength()}",
        JsonValueKind.String => $"the string '{element.GetString()}'",
        JsonValueKind.Number => element.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => "null",
    };

    private T[] Elements<T>(string key, Func<JsonElement, string, T> read)
    {
        JsonElement array = Take(key);
        if (array.ValueKind != JsonValueKind.Array)
            throw Origin.Fault(At(key), $"expected an array, found {Kind(array)}");
        return array.EnumerateArray().Select((element, i) => read(element, $"{At(key)}[{i}]")).ToArray();
    }

    private static string TextOf(JsonElement element, string place, Origin origin)
    {
        if (element.ValueKind != JsonValueKind.String)
            throw origin.Fault(place, $"expected a string, found {Kind(element)}");
        string text = element.GetString()!;
        if (text.Length == 0) throw origin.Fault(place, "expected a name, found an empty string");
        if (Text.HasControl(text))
            throw origin.Fault(place, $"expected a name without control characters, found '{text}'");
        return text;
    }

    private static int WholeOf(JsonElement element, string place, int largest, Origin origin)
    {
        if (element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int whole) && whole >= 1
            && whole <= largest) return whole;
        throw origin.Fault(place, $"expected a whole number from 1 to {largest}, found {Kind(element)}");
    }

    private static double NumberOf(JsonElement element, string place, Origin origin)
    {
        if (element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double number)
            && double.IsFinite(number)) return number;
        throw origin.Fault(place, $"expected a finite number, found {Kind(element)}");
    }
}
