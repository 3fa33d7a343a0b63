using System.Buffers.Text;
using System.Text;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames.Requests;

/// <summary>The fields of a control request, as slices of it; a field of the wrong type is a fault.</summary>
public ref struct RequestFields
{
    public ReadOnlySpan<byte> Op;
    public ReadOnlySpan<byte> Rid;
    public ReadOnlySpan<byte> Prefix;
    public ReadOnlySpan<byte> After;

    /// <summary>The state map, as encoded.</summary>
    public ReadOnlySpan<byte> State;

    /// <summary>Names of streams, as encoded: an array.</summary>
    public ReadOnlySpan<byte> Streams;

    /// <summary>One stream's name; null where none is given.</summary>
    public byte[]? Stream;

    /// <summary>The stream was named by an unsigned integer.</summary>
    public bool IsId;

    public bool HasPrefix;

    /// <summary>Streams are asked for by how badly they do.</summary>
    public bool Worst;

    public int Limit;

    /// <summary>Ticks ahead; negative where none are asked for.</summary>
    public int Steps;

    /// <summary>Seconds from tick to tick; NaN where they are not told.</summary>
    public double Interval;

    public string? Fault;

    public static RequestFields Read(ReadOnlySpan<byte> request)
    {
        var fields = new RequestFields { Limit = -1, Steps = -1, Interval = double.NaN };
        var reader = new MessagePackReader(request);
        if (!reader.TryReadMapHeader(out var count))
            return new RequestFields { Fault = "not a map" };
        for (var i = 0; i < count; i++)
        {
            var named = reader.TryReadString(out var key) || reader.TryReadBinary(out key);
            if (!named && !reader.TrySkip())
                return new RequestFields { Fault = "truncated" };
            var value = reader;
            if (!reader.TrySkip())
                return new RequestFields { Fault = "truncated" };
            // A fault does not end the reading: the rid may come behind it.
            if (named && !fields.TryReadField(ref value, key))
                fields.Fault ??= $"{Encoding.UTF8.GetString(key)} is of the wrong type";
        }

        return fields;
    }

    /// <summary>Reads a stream's name: a string, or an unsigned integer for its digits.</summary>
    public static bool TryReadStream(ref MessagePackReader reader, out byte[] name, out bool isId)
    {
        name = [];
        isId = reader.TryReadUInt64(out var id);
        if (isId)
        {
            Span<byte> digits = stackalloc byte[20];
            Utf8Formatter.TryFormat(id, digits, out var length);
            name = digits[..length].ToArray();
            return true;
        }

        if (!reader.TryReadString(out var text) || !StreamName.IsValid(text))
            return false;
        name = text.ToArray();
        return true;
    }

    private bool TryReadField(ref MessagePackReader reader, ReadOnlySpan<byte> key)
    {
        if (key.SequenceEqual("op"u8))
            return reader.TryReadString(out Op);
        if (key.SequenceEqual("rid"u8))
            return reader.TryReadRaw(out Rid);
        if (key.SequenceEqual("stream"u8))
            return reader.TryReadNil() || TryReadStream(ref reader, out Stream!, out IsId);
        if (key.SequenceEqual("streams"u8))
            return reader.TryReadNil()
                || reader.NextType == MessagePackType.Array && reader.TryReadRaw(out Streams);
        if (key.SequenceEqual("prefix"u8))
            return reader.TryReadNil() || (HasPrefix = reader.TryReadString(out Prefix));
        if (key.SequenceEqual("after"u8))
            return reader.TryReadNil() || TryReadAfter(ref reader);
        if (key.SequenceEqual("worst"u8))
            return reader.TryReadNil() || reader.TryReadBoolean(out Worst);
        if (key.SequenceEqual("state"u8))
            return reader.NextType == MessagePackType.Map && reader.TryReadRaw(out State);
        if (key.SequenceEqual("steps"u8))
            return reader.TryReadNil() || TryReadCount(ref reader, out Steps);
        if (key.SequenceEqual("interval"u8))
            return reader.TryReadNil() || reader.TryReadDouble(out Interval);
        if (key.SequenceEqual("limit"u8))
            return reader.TryReadNil() || TryReadCount(ref reader, out Limit);
        return reader.TrySkip();
    }

    private bool TryReadAfter(ref MessagePackReader reader)
    {
        if (!TryReadStream(ref reader, out var name, out _))
            return false;
        After = name;
        return true;
    }

    private static bool TryReadCount(ref MessagePackReader reader, out int count)
    {
        var isCount = reader.TryReadUInt64(out var number);
        count = isCount ? (int)Math.Min(number, int.MaxValue) : -1;
        return isCount;
    }
}
