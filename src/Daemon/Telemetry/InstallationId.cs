using System.Security.Cryptography;

namespace Realtime.Daemon.Telemetry;

/// <summary>
/// <c>service.instance.id</c>: the same in every start that has the same state directory, another one each time where
/// there is none.
/// </summary>
internal static class InstallationId
{
    private const string FileName = "instance-id";
    private const int Bytes = 16;

    public static string Of(string? directory)
    {
        if (directory is null)
            return New();
        var file = Path.Combine(directory, FileName);
        try
        {
            if (File.Exists(file) && Guid.TryParse(File.ReadAllText(file).Trim(), out var known))
                return known.ToString();
            var id = New();
            File.WriteAllText(file, id + "\n");
            return id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What is measured is worth more than the name it goes by.
            return New();
        }
    }

    // A UUID of version 4.
    private static string New()
    {
        var bytes = RandomNumberGenerator.GetBytes(Bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
