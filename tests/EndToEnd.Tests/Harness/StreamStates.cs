using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>The states of streams, to be compared byte for byte.</summary>
internal static class StreamStates
{
    /// <summary>What depends on the clock at which a tick came, so differs from run to run.</summary>
    private static readonly string[] OfTheClock = ["arrival"];

    /// <summary>Everything that a stream carries, but for what depends on the clock.</summary>
    public static MessagePackValue Of(RealtimeClient client, string stream) =>
        client.Request("state.get", "stream", stream)["state"];

    /// <summary>Checks that the streams have the same state in both daemons.</summary>
    public static void CheckEqual(RealtimeClient expected, RealtimeClient found, IEnumerable<string> streams)
    {
        foreach (var stream in streams)
        {
            var (left, right) = (Of(expected, stream), Of(found, stream));
            if (!Bytes(left).SequenceEqual(Bytes(right)))
                Assert.Fail($"the state of {stream}\nexpected {left}\nfound    {right}");
        }
    }

    private static byte[] Bytes(MessagePackValue state)
    {
        var writer = new MessagePackWriter();
        var entries = state.Entries.Where(static entry => !OfTheClock.Contains(entry.Key)).ToArray();
        Assert.Equal(state.Entries.Count - OfTheClock.Length, entries.Length);
        writer.WriteMapHeader(entries.Length);
        foreach (var (key, value) in entries)
        {
            writer.WriteString(key);
            value.WriteTo(writer);
        }

        return writer.Written.ToArray();
    }
}
