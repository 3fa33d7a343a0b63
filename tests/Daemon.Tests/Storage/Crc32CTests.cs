using Realtime.Daemon.Storage;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Storage;

public sealed class Crc32CTests
{
    [Fact]
    public void It_is_the_checksum_that_others_call_so() =>
        // RFC 3720, B.4, and the check value of the CRC catalogue.
        Assert.Equal(
            [0xe3069283u, 0x8a9136aau, 0x62a8ab43u, 0x46dd794eu],
            [
                Crc32C.Of("123456789"u8), Crc32C.Of(new byte[32]),
                Crc32C.Of(Enumerable.Repeat((byte)0xff, 32).ToArray()),
                Crc32C.Of(Enumerable.Range(0, 32).Select(static i => (byte)i).ToArray()),
            ]);

    [Fact]
    public void It_is_that_of_the_bits_one_by_one_in_any_pieces() => Properties.Hold<int>(
        static seed =>
        {
            var random = new Random(seed);
            var bytes = new byte[random.Next(4) == 0 ? random.Next(20_000) : random.Next(100)];
            random.NextBytes(bytes);
            var cut = random.Next(bytes.Length + 1);
            return Crc32C.Of(bytes) == BitByBit(bytes)
                && Crc32C.Append(Crc32C.Of(bytes.AsSpan(0, cut)), bytes.AsSpan(cut)) == BitByBit(bytes);
        },
        100);

    private static uint BitByBit(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var one in bytes)
        {
            crc ^= one;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0x82f63b78);
        }

        return ~crc;
    }
}
