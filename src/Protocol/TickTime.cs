using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>
/// A tick's time on the wire: a float is seconds since 1970; an integer is seconds below 1e11 in size, milliseconds
/// below 1e14, microseconds below 1e17, else nanoseconds; or the timestamp extension.
/// </summary>
internal static class TickTime
{
    /// <summary>Reads a time as nanoseconds since 1970; false where it is no time, or before 1677 or after 2262.
    /// </summary>
    public static bool TryRead(ref MessagePackReader reader, out long nanoseconds)
    {
        switch (reader.NextType)
        {
            case MessagePackType.Integer when reader.TryReadInt64(out long number):
                return TryScale(number, out nanoseconds);
            case MessagePackType.Float when reader.TryReadDouble(out double seconds):
                return TryFromSeconds(seconds, out nanoseconds);
            case MessagePackType.Extension:
                return reader.TryReadTimestamp(out nanoseconds);
            default:
                nanoseconds = 0;
                return false;
        }
    }

    private static bool TryScale(long number, out long nanoseconds)
    {
        ulong size = number < 0 ? 0UL - (ulong)number : (ulong)number;
        long unit = size switch
        {
            < 100_000_000_000UL => 1_000_000_000,
            < 100_000_000_000_000UL => 1_000_000,
            < 100_000_000_000_000_000UL => 1_000,
            _ => 1,
        };
        nanoseconds = unchecked(number * unit);
        return Math.BigMul(number, unit, out _) == nanoseconds >> 63;
    }

    private static bool TryFromSeconds(double seconds, out long nanoseconds)
    {
        // Whole seconds and the rest apart: their product with 1e9 would keep only 256 ns of today's times.
        double whole = Math.Floor(seconds);
        nanoseconds = 0;
        if (!(whole >= -9_223_372_036 && whole < 9_223_372_036))
            return false;
        nanoseconds = (long)whole * 1_000_000_000 + (long)Math.Round((seconds - whole) * 1e9);
        return true;
    }
}
