using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Realtime.Daemon.Hosting.Systemd;

/// <summary>One entry in the journal's own protocol: a field per line, those of several lines with their
/// length.</summary>
internal sealed class JournalEntry
{
    private const int LongestName = 64;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>The datagram.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <param name="name">Capitals, digits and underscores.</param>
    /// <param name="value">Any text.</param>
    public JournalEntry Add(string name, string value)
    {
        _bytes.Write(Encoding.ASCII.GetBytes(name));
        var text = Encoding.UTF8.GetBytes(value);
        if (text.AsSpan().Contains((byte)'\n'))
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)text.Length);
            _bytes.Write("\n"u8);
            _bytes.Write(length);
        }
        else
        {
            _bytes.Write("="u8);
        }

        _bytes.Write(text);
        _bytes.Write("\n"u8);
        return this;
    }

    /// <summary>"SnapshotEvery" to "REALTIMED_SNAPSHOT_EVERY".</summary>
    public static string NameOf(string value)
    {
        var name = new StringBuilder("REALTIMED_");
        for (var i = 0; i < value.Length && name.Length < LongestName; i++)
        {
            var letter = value[i];
            if (i > 0 && char.IsAsciiLetterUpper(letter) && !char.IsAsciiLetterUpper(value[i - 1]))
                name.Append('_');
            name.Append(char.IsAsciiLetterOrDigit(letter) ? char.ToUpperInvariant(letter) : '_');
        }

        return name.Length <= LongestName ? name.ToString() : name.ToString(0, LongestName);
    }
}
