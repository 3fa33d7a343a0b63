using System.Globalization;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>Streams whose every tick is given by its sequence number, so that any run can be done again.</summary>
internal sealed class SensorLoad(int streams)
{
    private const long Second = 1_000_000_000;
    private readonly ulong[] _last = new ulong[streams];
    private int _turn;

    public string[] Names { get; } = [.. Enumerable.Range(0, streams).Select(static i => $"load/{i}")];

    /// <summary>How many ticks a stream has had.</summary>
    public ulong Last(int stream) => _last[stream];

    /// <summary>Publishes the next tick of the next stream; false where the publisher has no room.</summary>
    public bool TryPublish(ReliablePublisher publisher)
    {
        var seq = _last[_turn] + 1;
        if (!publisher.TryPublish(Names[_turn], [Value(_turn, seq)], seq, Time(seq)))
            return false;
        _last[_turn] = seq;
        _turn = (_turn + 1) % Names.Length;
        return true;
    }

    /// <summary>Gives another daemon the same ticks, stream by stream; returns the predictions as text.</summary>
    public Dictionary<(string Stream, ulong Seq), string> Repeat(RealtimeClient client, bool withPredictions)
    {
        var predictions = new Dictionary<(string, ulong), string>();
        var ticks = new MessagePackWriter();
        var message = new MessagePackWriter();
        for (var stream = 0; stream < Names.Length; stream++)
        {
            var label = new StreamLabel(System.Text.Encoding.UTF8.GetBytes(Names[stream]));
            for (ulong seq = 1; seq <= _last[stream];)
            {
                var count = 0;
                ticks.Clear();
                for (; seq <= _last[stream] && count < 200; seq++, count++)
                    TickWriter.WriteArray(ticks, label, [Value(stream, seq)], seq, Time(seq));
                message.Clear();
                TickWriter.WriteBatch(message, count, ticks.Written, withPredictions);
                var reply = client.Send(message.Written);
                Assert.Equal((ulong)count, reply.Ack.Accepted);
                foreach (var prediction in reply.Predictions)
                    predictions.Add((prediction!.Stream, prediction.Seq), TextOf(prediction));
            }
        }

        return predictions;
    }

    /// <summary>Every bit of a prediction.</summary>
    public static string TextOf(Prediction prediction) => string.Join(
        ' ',
        new[] { prediction.Model, prediction.Flags.ToString(), prediction.Time.ToString(CultureInfo.InvariantCulture) }
            .Concat(prediction.Horizons.Select(static horizon => horizon.ToString(CultureInfo.InvariantCulture)))
            .Concat(prediction.Mean.Concat(prediction.Quantiles.OrderBy(static entry => entry.Key)
                .SelectMany(static entry => entry.Value)).SelectMany(static row => row).Select(Bits))
            .Concat(prediction.Values.Append(prediction.Score ?? -1).Select(Bits)));

    private static string Bits(double value) => BitConverter.DoubleToInt64Bits(value).ToString("x", null);

    private static double Value(int stream, ulong seq) =>
        20 + stream + (3 * Math.Sin(seq * (0.1 + (0.01 * stream)))) + (0.25 * ((seq * 7919) % 11));

    private static long Time(ulong seq) => (1_700_000_000 + (long)seq) * Second;
}
