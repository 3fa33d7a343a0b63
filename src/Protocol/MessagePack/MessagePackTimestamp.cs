using System.Buffers.Binary;

namespace Realtime.Protocol.MessagePack;

/// <summary>The timestamp extension (type -1) as nanoseconds since 1970.</summary>
internal static class MessagePackTimestamp
{
    public const sbyte ExtensionType = -1;
    public const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Decodes the 4, 8 or 12 bytes of a timestamp; false for any other length, for 10^9 nanoseconds
    /// or more, and for a time that does not fit into 64 bits of nanoseconds (before 1677, after 2262).</summary>
    public static bool TryDecode(ReadOnlySpan<byte> data, out long nanoseconds)
    {
        long seconds;
        uint fraction = 0;
        switch (data.Length)
        {
            case 4:
                seconds = BinaryPrimitives.ReadUInt32BigEndian(data);
                break;
            case 8:
                ulong packed = BinaryPrimitives.ReadUInt64BigEndian(data);
                fraction = (uint)(packed >> 34);
                seconds = (long)(packed & ((1UL << 34) - 1));
                break;
            case 12:
                fraction = BinaryPrimitives.ReadUInt32BigEndian(data);
                seconds = BinaryPrimitives.ReadInt64BigEndian(data[4..]);
                break;
            default:
                nanoseconds = 0;
                return false;
        }
        Int128 total = (Int128)seconds * NanosecondsPerSecond + fraction;
        nanoseconds = (long)total;
        return fraction < NanosecondsPerSecond && nanoseconds == total;
    }
}
