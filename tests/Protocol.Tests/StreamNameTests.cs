using System.Globalization;
using System.Text;

namespace Realtime.Protocol.Tests;

public class StreamNameTests
{
    [Fact]
    public void IsValid_OfNames()
    {
        Assert.True(StreamName.IsValid("pump/1"u8));
        Assert.True(StreamName.IsValid("ü €😀"u8));
        Assert.True(StreamName.IsValid(new byte[255].Select(_ => (byte)'x').ToArray()));
        Assert.True(StreamName.IsValid(Encoding.UTF8.GetBytes(new string('€', 85))));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0")]
    [InlineData("\n")]
    [InlineData("a\u007f")]
    [InlineData("é\u0085")]
    public void IsValid_OfNothingAndControlCharacters_IsFalse(string name) =>
        Assert.False(StreamName.IsValid(Encoding.UTF8.GetBytes(name)));

    [Fact]
    public void IsValid_OfTooManyBytes_IsFalse()
    {
        Assert.False(StreamName.IsValid(Encoding.UTF8.GetBytes(new string('x', 256))));
        Assert.False(StreamName.IsValid(Encoding.UTF8.GetBytes(new string('€', 86))));
    }

    [Fact]
    public void IsValid_OfBytesThatAreNotUtf8_IsFalse()
    {
        byte[][] names = [[0xff], [(byte)'a', 0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x80], [0xf5, 0x80]];
        Assert.All(names, name => Assert.False(StreamName.IsValid(name)));
    }

    [Fact]
    public void An_id_is_named_by_its_decimal_digits_and_back()
    {
        byte[] digits = new byte[StreamName.MaximumDigits];
        foreach (ulong id in (ulong[])[0, 7, 10, 1234567890, ulong.MaxValue])
        {
            int length = StreamName.Format(id, digits);
            Assert.Equal(id.ToString(CultureInfo.InvariantCulture), Encoding.UTF8.GetString(digits, 0, length));
            Assert.True(StreamName.TryParseId(digits.AsSpan(0, length), out ulong parsed));
            Assert.Equal(id, parsed);
        }
        foreach (string name in (string[])["", "07", "x", "7x", "+7", "-7", " 7", "18446744073709551616"])
            Assert.False(StreamName.TryParseId(Encoding.UTF8.GetBytes(name), out _));
    }

    [Fact]
    public void A_topic_is_a_letter_a_slash_and_the_name()
    {
        byte[] room = new byte[Topic.MaximumLength];
        int length = Topic.Write(Topic.Event, "pump/1"u8, room);
        Assert.Equal("e/pump/1", Encoding.UTF8.GetString(room, 0, length));
        Assert.Equal("e/pump/1", Topic.Of(Topic.Event, "pump/1"));
        Assert.Equal("pump/1", Topic.StreamOf(room.AsSpan(0, length)));
        Assert.Equal("", Topic.StreamOf(Topic.Heartbeat));
    }
}
