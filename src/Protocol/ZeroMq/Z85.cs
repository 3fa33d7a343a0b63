namespace Realtime.Protocol.ZeroMq;

/// <summary>ZeroMQ's text form of bytes: five printable characters for four bytes (ZeroMQ RFC 32).</summary>
public static class Z85
{
    /// <summary>Characters of a CURVE key.</summary>
    public const int KeyLength = 40;

    /// <summary>Bytes of a CURVE key.</summary>
    public const int KeyBytes = 32;

    private const string Alphabet =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

    /// <summary>Reads a CURVE key.</summary>
    /// <param name="text">40 characters.</param>
    /// <param name="key">Gets 32 bytes.</param>
    /// <returns>False where it is none.</returns>
    public static bool TryReadKey(ReadOnlySpan<char> text, Span<byte> key)
    {
        if (text.Length != KeyLength)
            return false;
        for (int group = 0; group < KeyLength / 5; group++)
        {
            ulong value = 0;
            foreach (char c in text.Slice(group * 5, 5))
            {
                int digit = Alphabet.IndexOf(c, StringComparison.Ordinal);
                if (digit < 0)
                    return false;
                value = value * 85 + (ulong)digit;
            }
            if (value > uint.MaxValue)
                return false;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(key[(group * 4)..], (uint)value);
        }
        return true;
    }

    /// <summary>Whether it is a CURVE key.</summary>
    public static bool IsKey(string text) => TryReadKey(text, stackalloc byte[KeyBytes]);

    /// <summary>The characters for bytes whose number is a multiple of 4.</summary>
    public static string Write(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length % 4, 0);
        char[] text = new char[bytes.Length / 4 * 5];
        for (int group = 0; group < bytes.Length / 4; group++)
        {
            uint value = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes[(group * 4)..]);
            for (int i = 4; i >= 0; i--, value /= 85)
                text[group * 5 + i] = Alphabet[(int)(value % 85)];
        }
        return new string(text);
    }
}
