using System.Text;
using System.Text.Json;
using Realtime.Daemon.Http;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Http;

public sealed class MessagePackJsonTests
{
    [Theory]
    [InlineData("c0", "null")]
    [InlineData("c2", "false")]
    [InlineData("c3", "true")]
    [InlineData("05", "5")]
    [InlineData("ff", "-1")]
    [InlineData("cfffffffffffffffff", "18446744073709551615")]
    [InlineData("d38000000000000000", "-9223372036854775808")]
    [InlineData("ca3fc00000", "1.5")]
    [InlineData("cb3fb999999999999a", "0.1")]
    [InlineData("cb7ff0000000000000", "null")]
    [InlineData("cb7ff8000000000000", "null")]
    [InlineData("a0", "\"\"")]
    [InlineData("a3e282ac", "\"€\"")]
    [InlineData("a2ff41", "\"�A\"")]
    [InlineData("c403010203", "\"AQID\"")]
    [InlineData("d6ff00000005", "null")]
    [InlineData("90", "[]")]
    [InlineData("9201 92c0c3", "[1,[null,true]]")]
    [InlineData("80", "{}")]
    [InlineData("83 a161 01 07 02 a162 81a163 90", "{\"a\":1,\"7\":2,\"b\":{\"c\":[]}}")]
    public void Convert_AnElement_GivesItsJson(string payload, string json)
    {
        var converted = MessagePackJson.Convert(Convert.FromHexString(payload.Replace(" ", "")));
        Assert.Equal((byte)'\n', converted[^1]);
        using var expected = JsonDocument.Parse(json);
        using var actual = JsonDocument.Parse(converted);
        Assert.True(
            JsonElement.DeepEquals(expected.RootElement, actual.RootElement), Encoding.UTF8.GetString(converted));
    }

    [Fact]
    public void Convert_EveryReplyOfTheDesk_IsJson()
    {
        using var daemon = new SimulatedDaemon(models: HostileInput.Models);
        daemon.Take(Pack.Tick("a/1", 1, 1), Pack.Tick(17, 1, 1), Pack.Tick("b/1", new object?[] { 1, null }, 1));
        foreach (var op in new[] { "hello", "describe", "stats", "streams", "nonsense" })
        {
            using var json = JsonDocument.Parse(MessagePackJson.Convert(daemon.AskBytes(Pack.Op(op))));
            Assert.NotEmpty(json.RootElement.EnumerateObject());
        }

        using var state = JsonDocument.Parse(MessagePackJson.Convert(daemon.State("b/1")));
        Assert.Equal(20, state.RootElement.GetProperty("layers").GetProperty("one").GetProperty("h")
            .GetBytesFromBase64().Length);
        Assert.Equal(JsonValueKind.Null, state.RootElement.GetProperty("memory").GetProperty("last")[1].ValueKind);
    }
}
