using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>Where the elements of one tick or request lie in its payload; 0, where none can be, for those that are
/// not there.</summary>
internal struct TickFields
{
    public int Stream;
    public int Values;
    public int Seq;
    public int Run;
    public int Time;
    public int Trace;
    public int Rid;
    public int Reply;
    public int Op;

    // Which alias each came by: the higher rank wins, wherever it stands in the map.
    private byte _streamRank;
    private byte _valuesRank;
    private byte _seqRank;
    private byte _timeRank;

    /// <summary>Reads a map, checking that it is well-formed to its end.</summary>
    public static bool TryReadMap(ref MessagePackReader reader, out TickFields fields)
    {
        fields = default;
        if (!reader.TryReadMapHeader(out int count))
            return false;
        for (int i = 0; i < count; i++)
        {
            bool named = reader.TryReadString(out ReadOnlySpan<byte> key) || reader.TryReadBinary(out key);
            if (!named && !reader.TrySkip(MessagePackReader.MaximumDepth - 1))
                return false;
            if (named)
                fields.Note(key, reader.Position);
            if (!reader.TrySkip(MessagePackReader.MaximumDepth - 1))
                return false;
        }
        return true;
    }

    /// <summary>Reads the elements of the compact form behind its leading 1: stream, seq, time, values,
    /// reply?, run?.</summary>
    public static bool TryReadArray(ref MessagePackReader reader, int count, out TickFields fields)
    {
        fields = default;
        for (int i = 0; i < count; i++)
        {
            int position = reader.Position;
            switch (i)
            {
                case 0: fields.Stream = position; break;
                case 1: fields.Seq = position; break;
                case 2: fields.Time = position; break;
                case 3: fields.Values = position; break;
                case 4: fields.Reply = position; break;
                case 5: fields.Run = position; break;
            }
            if (!reader.TrySkip(MessagePackReader.MaximumDepth - 1))
                return false;
        }
        return true;
    }

    /// <summary>The same places, counted from <paramref name="origin"/> on.</summary>
    public readonly TickFields From(int origin)
    {
        TickFields fields = this;
        Move(ref fields.Stream, origin);
        Move(ref fields.Values, origin);
        Move(ref fields.Seq, origin);
        Move(ref fields.Run, origin);
        Move(ref fields.Time, origin);
        Move(ref fields.Trace, origin);
        Move(ref fields.Rid, origin);
        Move(ref fields.Reply, origin);
        Move(ref fields.Op, origin);
        return fields;
    }

    private static void Move(ref int field, int origin) => field = field == 0 ? 0 : field - origin;

    private void Note(ReadOnlySpan<byte> key, int position)
    {
        switch (key.Length)
        {
            case 1:
                switch (key[0])
                {
                    case (byte)'s': Take(ref Stream, ref _streamRank, 1, position); break;
                    case (byte)'v': Take(ref Values, ref _valuesRank, 2, position); break;
                    case (byte)'n': Take(ref Seq, ref _seqRank, 1, position); break;
                    case (byte)'t': Take(ref Time, ref _timeRank, 2, position); break;
                }
                break;
            case 2 when key.SequenceEqual("id"u8): Take(ref Stream, ref _streamRank, 2, position); break;
            case 2 when key.SequenceEqual("ts"u8): Take(ref Time, ref _timeRank, 3, position); break;
            case 2 when key.SequenceEqual("op"u8): Op = position; break;
            case 3 when key.SequenceEqual("seq"u8): Take(ref Seq, ref _seqRank, 2, position); break;
            case 3 when key.SequenceEqual("run"u8): Run = position; break;
            case 3 when key.SequenceEqual("rid"u8): Rid = position; break;
            case 4 when key.SequenceEqual("time"u8): Take(ref Time, ref _timeRank, 4, position); break;
            case 4 when key.SequenceEqual("data"u8): Take(ref Values, ref _valuesRank, 1, position); break;
            case 5 when key.SequenceEqual("value"u8): Take(ref Values, ref _valuesRank, 3, position); break;
            case 5 when key.SequenceEqual("trace"u8): Trace = position; break;
            case 5 when key.SequenceEqual("reply"u8): Reply = position; break;
            case 6 when key.SequenceEqual("values"u8): Take(ref Values, ref _valuesRank, 4, position); break;
            case 6 when key.SequenceEqual("stream"u8): Take(ref Stream, ref _streamRank, 3, position); break;
            case 9 when key.SequenceEqual("timestamp"u8): Take(ref Time, ref _timeRank, 1, position); break;
        }
    }

    private static void Take(ref int field, ref byte rank, byte alias, int position)
    {
        if (alias < rank)
            return;
        rank = alias;
        field = position;
    }
}
