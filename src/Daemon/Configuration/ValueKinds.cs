using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Realtime.Daemon.Configuration;

/// <summary>The kinds of value the configuration knows.</summary>
internal static class ValueKinds
{
    private const int LongestName = 255;

    private delegate bool Convert<T>(string text, out T value);

    public static ValueKind<bool> Switch { get; } =
        Scalar<bool>("boolean", "true or false", NodeKinds.Boolean, bool.TryParse, v => v ? "true" : "false");

    public static ValueKind<string> Name { get; } =
        Text($"a name of 1 to {LongestName} bytes without control characters", IsName, "^[^\\u0000-\\u001f]+$");

    public static ValueKind<string> Pattern { get; } =
        Text($"a pattern of 1 to {LongestName} bytes without control characters, such as \"pump/*\"", IsName,
            "^[^\\u0000-\\u001f]+$");

    public static ValueKind<string> Topic { get; } = Text("a topic prefix as text", _ => true);

    /// <summary>A file or folder; relative ones start where their source does.</summary>
    public static ValueKind<string> FilePath { get; } = new(
        "string", "a path", NodeKinds.Text, ReadPath, ConfigurationNode.Quote)
    {
        MakeSchema = static () => JsonSchemas.Text("^[^\\u0000]+$"),
    };

    /// <summary>A file with a secret: a path, or <c>credential:NAME</c> for one that systemd hands over.</summary>
    public static ValueKind<string> SecretPath { get; } = new(
        "string", "a path or \"credential:NAME\"", NodeKinds.Text, ReadSecretPath, ConfigurationNode.Quote)
    {
        MakeSchema = static () => JsonSchemas.Text("^[^\\u0000]+$"),
    };

    /// <summary>A public CURVE key.</summary>
    public static ValueKind<string> CurveKey { get; } =
        Text("a public CURVE key, 40 characters of Z85", Protocol.ZeroMq.Z85.IsKey, "^.{40}$");

    /// <summary>A ZeroMQ address to bind.</summary>
    public static ValueKind<string> Endpoint { get; } =
        Text("tcp://host:port with a port from 0 to 65535, or ipc://path", IsEndpoint,
            "^(tcp://.+:[0-9]{1,5}|ipc://.+)$");

    public static ValueKind<string> HttpEndpoint { get; } = Scalar<string>("string",
        "http://host:port with a port from 0 to 65535", NodeKinds.Text, IsHttpEndpoint, ConfigurationNode.Quote,
        static () => JsonSchemas.Text("^http://.+:[0-9]{1,5}/?$"));

    public static ValueKind<int> Whole(int least, int most) => Scalar<int>("integer",
        $"a whole number from {least} to {most}", NodeKinds.Number,
        (string text, out int value) => int.TryParse(text, NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out value) && value >= least && value <= most,
        v => v.ToString(CultureInfo.InvariantCulture), () => JsonSchemas.Whole(least, most));

    public static ValueKind<double> Number(double least, double most) => Scalar<double>("number",
        FormattableString.Invariant($"a number from {least} to {most}"), NodeKinds.Number,
        (string text, out double value) => double.TryParse(
            text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value >= least && value <= most,
        v => v.ToString("R", CultureInfo.InvariantCulture), () => JsonSchemas.Number(least, most));

    public static ValueKind<long> Bytes(long least) => Scalar<long>("integer",
        $"a whole number of at least {least}", NodeKinds.Number,
        (string text, out long value) => long.TryParse(text, NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out value) && value >= least,
        v => v.ToString(CultureInfo.InvariantCulture), () => JsonSchemas.Whole(least, null));

    public static ValueKind<TimeSpan> Time(TimeSpan least, TimeSpan most) => Scalar<TimeSpan>("string",
        $"a duration from {Duration.Format(least)} to {Duration.Format(most)} as \"hours:minutes:seconds\", "
            + "such as \"00:01:00\"", NodeKinds.Text,
        (string text, out TimeSpan value) => Duration.TryParse(text, out value) && value >= least && value <= most,
        v => ConfigurationNode.Quote(Duration.Format(v)),
        static () => JsonSchemas.Text(@"^([0-9]+\.)?[0-9]+:[0-5]?[0-9]:[0-5]?[0-9](\.[0-9]{1,7})?$"));

    /// <summary>One of the names of an enumeration, in lower case.</summary>
    public static ValueKind<T> Choice<T>() where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(name => name.ToLowerInvariant()).ToArray();
        var values = Enum.GetValues<T>();
        return Choice(names, name => values[Array.IndexOf(names, name)],
            value => names[Array.IndexOf(values, value)]);
    }

    /// <summary>One of these texts.</summary>
    public static ValueKind<string> Choice(params string[] names) => Choice(names, name => name, name => name);

    /// <summary>The kind or null, for values.</summary>
    public static ValueKind<T?> OrNull<T>(ValueKind<T> kind) where T : struct => new(
        kind.Type + " or null", kind.Expected + ", or null", kind.Accepts | NodeKinds.Null,
        (GivenValue given, out T? value) =>
        {
            value = null;
            if (given.Node.Kind == NodeKinds.Null)
            {
                return true;
            }
            var good = kind.Reader(given, out var read);
            value = read;
            return good;
        },
        value => value is { } v ? kind.Format(v) : "null")
    {
        MakeSchema = () => JsonSchemas.OrNull(kind.Schema()),
    };

    /// <summary>The kind or null, for texts and lists.</summary>
    public static ValueKind<T?> NullOr<T>(ValueKind<T> kind) where T : class => new(
        kind.Type + " or null", kind.Expected + ", or null", kind.Accepts | NodeKinds.Null,
        (GivenValue given, out T? value) =>
        {
            value = null;
            return given.Node.Kind == NodeKinds.Null || kind.Reader(given, out value!);
        },
        value => value is null ? "null" : kind.Format(value))
    {
        MakeSchema = () => JsonSchemas.OrNull(kind.Schema()),
    };

    /// <summary>An object whose members are a table's settings.</summary>
    /// <param name="table">The settings.</param>
    /// <param name="empty">The record that they are read into.</param>
    /// <param name="members">The members in words.</param>
    public static ValueKind<T> ObjectOf<T>(SettingTable<T> table, T empty, string members) => new(
        "object", $"an object with {members}", NodeKinds.Object,
        (GivenValue given, out T value) =>
        {
            value = empty;
            if (given.Node.Kind != NodeKinds.Object)
                return given.Mismatch();
            value = table.Read(value, given.Node, "", given.Key + ".", given.Report);
            return true;
        },
        table.Format)
    {
        MakeSchema = () => table.Schema(empty),
    };

    /// <summary>A list, each element with its own message.</summary>
    public static ValueKind<IReadOnlyList<T>> ListOf<T>(
        ValueKind<T> kind, string plural, bool mayBeEmpty = true) => new(
        "array", (mayBeEmpty ? "a list of " : "a list of one or more ") + plural, NodeKinds.List,
        (GivenValue given, out IReadOnlyList<T> value) =>
        {
            var items = new List<T>();
            value = items;
            if (given.Node.Kind != NodeKinds.List || (given.Node.Items.Count == 0 && !mayBeEmpty))
            {
                return given.Mismatch();
            }
            var good = true;
            foreach (var node in given.Node.Items)
            {
                good &= kind.Read(node, $"{given.Key}[{items.Count}]", given.Report, out var item);
                items.Add(item);
            }
            return good;
        },
        value => $"[{string.Join(", ", value.Select(kind.Format))}]")
    {
        MakeSchema = () => JsonSchemas.List(kind.Schema(), mayBeEmpty),
    };

    private static ValueKind<T> Choice<T>(string[] names, Func<string, T> value, Func<T, string> name) => new(
        "string", names.Length == 1 ? names[0] : string.Join(", ", names[..^1]) + " or " + names[^1], NodeKinds.Text,
        (GivenValue given, out T read) =>
        {
            var text = given.Node.Kind == NodeKinds.Text ? given.Node.Text : "";
            var good = names.Contains(text);
            read = value(good ? text : names[0]);
            return good || given.Mismatch(text.Length == 0 ? null : NearestName.Find(text, names));
        },
        v => ConfigurationNode.Quote(name(v)))
    {
        MakeSchema = () => JsonSchemas.OneOf(names),
    };

    private static ValueKind<string> Text(string expected, Func<string, bool> isValid, string? pattern = null) =>
        Scalar<string>(
            "string", expected, NodeKinds.Text,
            (string text, out string value) => isValid(value = text),
            ConfigurationNode.Quote, () => JsonSchemas.Text(pattern));

    private static ValueKind<T> Scalar<T>(
        string type, string expected, NodeKinds accepts, Convert<T> convert, Func<T, string> format,
        Func<JsonObject>? schema = null) => new(
        type, expected, accepts,
        (GivenValue given, out T value) =>
        {
            value = default!;
            return (given.Node.Kind == accepts && convert(given.Node.Text, out value)) || given.Mismatch();
        },
        format)
    {
        MakeSchema = schema,
    };

    private static bool ReadPath(GivenValue given, out string value)
    {
        var node = given.Node;
        value = "";
        if (node.Kind != NodeKinds.Text || node.Text.Length == 0 || node.Text.Contains('\0'))
        {
            return given.Mismatch();
        }
        value = Path.GetFullPath(node.Text, node.Source.Folder);
        return true;
    }

    private static bool ReadSecretPath(GivenValue given, out string value)
    {
        if (!SecretFile.IsCredential(given.Node.Text))
            return ReadPath(given, out value);
        value = given.Node.Text;
        return given.Node.Kind == NodeKinds.Text && SecretFile.IsCredentialName(value) || given.Mismatch();
    }

    private static bool IsName(string text) =>
        text.Length > 0 && Encoding.UTF8.GetByteCount(text) <= LongestName && !text.Any(char.IsControl);

    private static bool IsEndpoint(string text) =>
        EndpointAddress.TryParseTcp(text, out _) || EndpointAddress.TryParseIpc(text, out _);

    // A slash at the end is how browsers show such an address.
    private static bool IsHttpEndpoint(string text, out string value) =>
        EndpointAddress.TryParseHttp(value = text.EndsWith('/') ? text[..^1] : text, out _);
}
