namespace Realtime.Daemon.Configuration;

/// <summary>
/// Files with secrets: where they are, and whether nobody else can read them. <c>credential:NAME</c> is a file in the
/// folder that the service manager made for this service alone.
/// </summary>
public static class SecretFile
{
    private const string Scheme = "credential:";
    private const string FolderVariable = "CREDENTIALS_DIRECTORY";
    private const int LargestFile = 64 * 1024;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static bool IsCredential(string path) => path.StartsWith(Scheme, StringComparison.Ordinal);

    /// <summary>Whether the name names a file of the folder itself.</summary>
    public static bool IsCredentialName(string path) =>
        path[Scheme.Length..] is { Length: > 0 } name && !name.Contains('/') && !name.Contains('\0') && name[0] != '.';

    /// <summary>The lines of a file that only its owner can read.</summary>
    /// <param name="path">A path, or <c>credential:NAME</c>.</param>
    /// <param name="lines">The lines.</param>
    /// <param name="fault">What was found and what was expected, with the path.</param>
    public static bool TryRead(string path, out string[] lines, out string fault) =>
        TryRead(path, isSecret: true, out lines, out fault);

    /// <summary>The lines of a file that everybody may read, but not change.</summary>
    /// <param name="path">A path, or <c>credential:NAME</c>.</param>
    /// <param name="lines">The lines.</param>
    /// <param name="fault">What was found and what was expected, with the path.</param>
    public static bool TryReadPublic(string path, out string[] lines, out string fault) =>
        TryRead(path, isSecret: false, out lines, out fault);

    /// <summary>Where the file is.</summary>
    /// <param name="path">A path, or <c>credential:NAME</c>.</param>
    /// <param name="file">The file's path.</param>
    /// <param name="fault">Why there is none.</param>
    public static bool TryLocate(string path, out string file, out string fault)
    {
        (file, fault) = (path, "");
        if (!IsCredential(path))
            return true;
        var name = path[Scheme.Length..];
        if (Environment.GetEnvironmentVariable(FolderVariable) is not { Length: > 0 } folder)
        {
            fault = $"{path}: found no ${FolderVariable}, expected to be started by systemd with "
                + $"LoadCredential={name}:…";
            return false;
        }

        file = Path.Combine(folder, name);
        return true;
    }

    private static bool TryRead(string path, bool isSecret, out string[] lines, out string fault)
    {
        lines = [];
        if (!TryLocate(path, out var file, out fault))
            return false;
        try
        {
            // The mode is that of what was opened, whatever is put in its place meanwhile.
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);
            var mode = File.GetUnixFileMode(stream.SafeFileHandle);
            fault = FaultOf(file, mode, isSecret && !IsCredential(path));
            if (fault.Length == 0 && stream.Length > LargestFile)
                fault = $"{file}: found {stream.Length} bytes, expected at most {LargestFile}";
            if (fault.Length != 0)
                return false;
            using var reader = new StreamReader(stream);
            lines = reader.ReadToEnd().Split('\n');
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            fault = $"{file}: found no file that can be read ({e.Message}), expected one";
            return false;
        }
    }

    private static string FaultOf(string file, UnixFileMode mode, bool isSecret)
    {
        if (isSecret && (mode & Others) != 0)
        {
            return $"{file}: found a secret that others can get at (mode {Octal(mode)}), expected mode 0600: "
                + $"chmod 600 {file}";
        }

        return (mode & UnixFileMode.OtherWrite) == 0 ? ""
            : $"{file}: found a file that everybody can change (mode {Octal(mode)}), expected mode 0644: "
                + $"chmod 644 {file}";
    }

    private static string Octal(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8).PadLeft(3, '0');
}
