using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Bench;

/// <summary>How a tick is encoded.</summary>
public enum TickForm
{
    /// <summary>A map, as most publishers send it.</summary>
    Map,

    /// <summary>A map that asks for the prediction in the reply.</summary>
    MapWithReply,

    /// <summary>The compact array.</summary>
    Array,
}

/// <summary>
/// Numbers all ticks of a run and gives each its bytes: tick k belongs to stream k mod N. The bytes of each stream's
/// tick are encoded once; sequence number and values are then put in their places.
/// </summary>
public sealed class TickFeed
{
    // From here to 2^32 a sequence number takes five bytes, so that every tick of a stream has the same size.
    private const uint FirstSeq = 1 << 16;

    private const int WaveLength = 1000;

    private readonly (byte[] Bytes, int Seq, int Values)[] _templates;
    private readonly byte[] _prefix;
    private readonly int _inputs;
    private readonly int _digits;

    /// <param name="prefix">What the names of all streams begin with.</param>
    /// <param name="streams">How many streams take turns.</param>
    /// <param name="inputs">Values per tick.</param>
    /// <param name="form">How a tick is encoded.</param>
    public TickFeed(string prefix, int streams, int inputs, TickForm form)
    {
        Prefix = prefix;
        Streams = streams;
        _prefix = Encoding.UTF8.GetBytes(prefix);
        _inputs = inputs;
        _digits = (streams - 1).ToString(CultureInfo.InvariantCulture).Length;
        _templates = new (byte[], int, int)[streams];
        for (var i = 0; i < streams; i++)
            _templates[i] = Encode(NameOf(i), inputs, form);
    }

    public string Prefix { get; }

    public int Streams { get; }

    /// <summary>The number of the next tick that nobody sent yet.</summary>
    public long Next { get; set; }

    /// <summary>The size of any tick in bytes.</summary>
    public int Size => _templates[0].Bytes.Length;

    public string NameOf(int stream) =>
        Prefix + stream.ToString(CultureInfo.InvariantCulture).PadLeft(_digits, '0');

    /// <summary>The bytes of a tick; theirs until the next tick of the same stream.</summary>
    public ReadOnlySpan<byte> Tick(long tick)
    {
        var (bytes, seq, values) = _templates[tick % Streams];
        var count = tick / Streams;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(seq), FirstSeq + (uint)count);
        for (var i = 0; i < _inputs; i++)
            BinaryPrimitives.WriteDoubleBigEndian(bytes.AsSpan(values + 9 * i), Value(count + i));
        return bytes;
    }

    /// <summary>
    /// The number of the tick that an answer is about: a prediction, a reply with one, or the tick itself echoed; -1
    /// for another's.
    /// </summary>
    public long NumberOf(ReadOnlySpan<byte> answer)
    {
        var reader = new MessagePackReader(answer);
        if (!reader.TryReadMapHeader(out var entries))
            return -1;
        for (; entries > 0 && reader.TryReadString(out var key); entries--)
        {
            if (key.SequenceEqual("stream"u8))
                return NumberAt(ref reader);
            if (key.SequenceEqual("predictions"u8))
                return reader.TryReadArrayHeader(out _) ? NumberOf(answer[reader.Position..]) : -1;
            reader.TrySkip();
        }

        return -1;
    }

    // Behind the key "stream" come its name, and seq.
    private long NumberAt(ref MessagePackReader reader)
    {
        if (!reader.TryReadString(out var name) || !name.StartsWith(_prefix)
            || !reader.TryReadString(out var key) || !key.SequenceEqual("seq"u8)
            || !reader.TryReadUInt64(out var seq) || seq < FirstSeq)
            return -1;
        long stream = 0;
        foreach (var digit in name[_prefix.Length..])
            stream = 10 * stream + (digit - '0');
        return (long)(seq - FirstSeq) * Streams + stream;
    }

    private static (byte[] Bytes, int Seq, int Values) Encode(string name, int inputs, TickForm form)
    {
        var writer = new MessagePackWriter();
        var label = new StreamLabel(Encoding.UTF8.GetBytes(name));
        var values = new double[inputs];
        if (form == TickForm.Array)
            TickWriter.WriteArray(writer, label, values, FirstSeq);
        else
            TickWriter.WriteMap(writer, label, values, FirstSeq, reply: form == TickForm.MapWithReply);
        var bytes = writer.Written.ToArray();
        // A number's own byte comes before its bytes.
        ReadOnlySpan<byte> seq = [0xCE, 0, 1, 0, 0];
        ReadOnlySpan<byte> first = [0xCB, 0, 0, 0, 0, 0, 0, 0, 0];
        return (bytes, bytes.AsSpan().LastIndexOf(seq) + 1, bytes.AsSpan().IndexOf(first) + 1);
    }

    // A wave with a slow drift: something a model has to work for.
    private static double Value(long count)
    {
        var phase = (double)(count % WaveLength) / WaveLength;
        return 20 + 4 * phase * (1 - phase) + 0.01 * (count % 7);
    }
}
