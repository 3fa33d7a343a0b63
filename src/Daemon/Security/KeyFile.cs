using System.Text;
using Realtime.Daemon.Configuration;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Security;

/// <summary>
/// CURVE keys in files, as ZeroMQ's own tools write them: <c>public-key = "…"</c> and <c>secret-key = "…"</c> on lines
/// of their own. A file that is nothing but a key will do too.
/// </summary>
public static class KeyFile
{
    private const string PublicName = "public-key";
    private const string SecretName = "secret-key";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ReadByAll = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Reads a secret key and the public one that belongs to it.</summary>
    /// <param name="path">A path, or <c>credential:NAME</c>.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="fault">What was found and what was expected, with the file and the line.</param>
    public static bool TryReadSecret(string path, out ZmqCurveKeys keys, out string fault)
    {
        keys = default;
        if (!SecretFile.TryRead(path, out var lines, out fault) || !TryParse(path, lines, out var found, out fault))
            return false;
        if ((found.Secret ?? found.Bare) is not { } secret)
        {
            fault = found.Public is null
                ? $"{path}: found no key, expected a line {SecretName} = \"…\", as realtimed keygen writes it"
                : $"{path}: found a public key only, expected the secret one: the other file of realtimed keygen";
            return false;
        }

        keys = new ZmqCurveKeys(ZmqCurveKeys.PublicKeyOf(secret), secret);
        if (found.Public is not null && found.Public != keys.PublicKey)
        {
            fault = $"{path}: found a {PublicName} that does not belong to the {SecretName}, expected {keys.PublicKey}";
            return false;
        }

        return true;
    }

    /// <summary>Reads a public key.</summary>
    /// <param name="path">A path, or <c>credential:NAME</c>.</param>
    /// <param name="key">The key.</param>
    /// <param name="fault">What was found and what was expected, with the file and the line.</param>
    public static bool TryReadPublic(string path, out string key, out string fault)
    {
        key = "";
        if (!SecretFile.TryReadPublic(path, out var lines, out fault)
            || !TryParse(path, lines, out var found, out fault))
            return false;
        if (found.Secret is not null)
        {
            fault = $"{path}: found a secret key, expected the public one alone: the .pub file of realtimed keygen";
            return false;
        }

        key = found.Public ?? found.Bare ?? "";
        if (key.Length == 0)
            fault = $"{path}: found no key, expected a line {PublicName} = \"…\", as realtimed keygen writes it";
        return key.Length != 0;
    }

    /// <summary>Writes <c>NAME.key</c>, which only its owner can read, and <c>NAME.pub</c>.</summary>
    /// <exception cref="IOException">One is there already, and is not to be replaced; or it can't be written.
    /// </exception>
    public static void Write(string name, ZmqCurveKeys keys, bool replace)
    {
        if (!replace && new[] { SecretOf(name), PublicOf(name) }.FirstOrDefault(File.Exists) is { } there)
            throw new IOException($"{there} is there already; --force replaces it");
        Write(SecretOf(name), OwnerOnly, replace, $"""
            # The secret CURVE key of {Path.GetFileName(name)}: whoever can read it is {Path.GetFileName(name)}.
            curve
                {PublicName} = "{keys.PublicKey}"
                {SecretName} = "{keys.SecretKey}"

            """);
        Write(PublicOf(name), ReadByAll, replace, $"""
            # The public CURVE key of {Path.GetFileName(name)}.
            curve
                {PublicName} = "{keys.PublicKey}"

            """);
    }

    public static string SecretOf(string name) => name + ".key";

    public static string PublicOf(string name) => name + ".pub";

    // The file has its mode before it has a secret, and is whole before it has its name.
    private static void Write(string path, UnixFileMode mode, bool replace, string text)
    {
        var draft = path + ".new";
        File.Delete(draft);
        using (var stream = new FileStream(draft, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.SetUnixFileMode(draft, mode);
        File.Move(draft, path, replace);
    }

    private static bool TryParse(string path, string[] lines, out Keys found, out string fault)
    {
        (found, fault) = (default, "");
        for (var i = 0; i < lines.Length && fault.Length == 0; i++)
        {
            var line = lines[i].Trim();
            // A key may begin with the sign of a comment.
            if (Z85.IsKey(line))
                found = found with { Bare = line };
            else if (line.Length != 0 && line[0] != '#')
                fault = FaultOf(line, ref found) is { } wrong ? $"{path}:{i + 1}: {wrong}" : "";
        }

        return fault.Length == 0;
    }

    // What is no key's line belongs to the form: a section's name, or what somebody noted there.
    private static string? FaultOf(string line, ref Keys found)
    {
        var equals = line.IndexOf('=');
        var name = (equals < 0 ? line : line[..equals]).TrimEnd();
        if (name is not (PublicName or SecretName))
        {
            return equals >= 0 || name is "curve" or "metadata" ? null
                : $"found a line that is no key, expected {SecretName} = \"…\" or {PublicName} = \"…\"";
        }

        var value = equals < 0 ? "" : line[(equals + 1)..].Trim(' ', '\t', '"', '\'');
        if (!Z85.IsKey(value))
            return $"found a {name} of {value.Length} characters that is no CURVE key, expected 40 characters of Z85";
        found = name == PublicName ? found with { Public = value } : found with { Secret = value };
        return null;
    }

    private readonly record struct Keys(string? Public, string? Secret, string? Bare);
}
