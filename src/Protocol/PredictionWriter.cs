using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>
/// Writes one model's predictions. What is the same in each (names, horizons, the nesting of the arrays) is encoded
/// once; a prediction is then a copy with the doubles put in their places. Thread-safe; allocates nothing.
/// </summary>
public sealed class PredictionWriter
{
    private const int ConstantKeys = 4;

    // A short name, a count of five bytes, a time, and their keys.
    private const int TickBytesMax = 64;

    private readonly PredictionLayout _layout;
    private readonly byte[] _template;
    private readonly int[] _places;
    private readonly int _keys;

    public PredictionWriter(PredictionLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        _layout = layout;
        _places = new int[layout.Count];
        var writer = new MessagePackWriter();
        writer.WriteString("model"u8);
        writer.WriteString(layout.Model);
        if (layout.Classes is { } classes)
        {
            _keys = ConstantKeys + 1;
            WriteClasses(writer, classes);
        }
        else
        {
            _keys = ConstantKeys + (layout.Quantiles.Count > 0 ? 3 : 2);
            WriteForecast(writer);
        }
        _template = writer.Written.ToArray();
    }

    /// <summary>Appends a prediction, a map, to <paramref name="writer"/>.</summary>
    /// <exception cref="ArgumentException">The number of doubles is not the layout's.</exception>
    public void Write(MessagePackWriter writer, in PredictionContent content)
    {
        ArgumentNullException.ThrowIfNull(writer);
        if (content.Prediction.Length != _places.Length)
            throw new ArgumentException(
                $"{content.Prediction.Length} numbers for a prediction of {_places.Length}", nameof(content));
        bool hasScore = !double.IsNaN(content.Score);
        bool hasFlags = content.Flags != PredictionFlags.None;
        bool hasTrace = !content.Trace.IsEmpty;
        bool hasValues = !content.Values.IsEmpty;
        WriteTick(
            writer, _keys + Count(hasScore) + Count(hasFlags) + Count(hasTrace) + Count(hasValues), in content);
        WriteNumbers(writer, content.Prediction);
        if (hasScore)
        {
            writer.WriteString("score"u8);
            writer.WriteDouble(content.Score);
        }
        if (hasFlags)
            WriteFlags(writer, content.Flags);
        if (hasTrace)
        {
            writer.WriteString("trace"u8);
            writer.WriteString(content.Trace);
        }
        if (hasValues)
            WriteValues(writer, content.Values);
    }

    /// <summary>The map's header, and the tick that the prediction is for.</summary>
    private static void WriteTick(MessagePackWriter writer, int entries, in PredictionContent content)
    {
        ReadOnlySpan<byte> name = content.Stream.Name;
        if (content.Stream.IsNumber || name.Length > MessagePackCode.FixStringMax || content.Seq > uint.MaxValue
            || content.Time <= uint.MaxValue)
        {
            WriteAnyTick(writer, entries, in content);
            return;
        }
        // What most come to, in one piece: a short name, a count of at most five bytes, a time of nine.
        Span<byte> target = writer.Reserve(TickBytesMax);
        target[0] = (byte)(MessagePackCode.FixMap | entries);
        target[1] = MessagePackCode.FixString | 6;
        "stream"u8.CopyTo(target[2..]);
        target[8] = (byte)(MessagePackCode.FixString | name.Length);
        PutName(name, target[9..]);
        target = target[(9 + name.Length)..];
        target[0] = MessagePackCode.FixString | 3;
        "seq"u8.CopyTo(target[1..]);
        int seq = MessagePackWriter.Put((uint)content.Seq, target[4..]);
        target = target[(4 + seq)..];
        target[0] = MessagePackCode.FixString | 4;
        "time"u8.CopyTo(target[1..]);
        target[5] = MessagePackCode.UInt64;
        BinaryPrimitives.WriteInt64BigEndian(target[6..], content.Time);
        writer.Advance(9 + name.Length + 4 + seq + 14);
    }

    // At most 31 bytes, two vectors that may overlap; a call would cost more than the copy.
    private static void PutName(ReadOnlySpan<byte> name, Span<byte> target)
    {
        if (name.Length < Vector128<byte>.Count)
        {
            name.CopyTo(target);
            return;
        }
        Vector128<byte> last = Vector128.Create(name[^Vector128<byte>.Count..]);
        Vector128.Create(name).CopyTo(target);
        last.CopyTo(target[(name.Length - Vector128<byte>.Count)..]);
    }

    private static void WriteAnyTick(MessagePackWriter writer, int entries, in PredictionContent content)
    {
        writer.WriteMapHeader(entries);
        writer.WriteString("stream"u8);
        content.Stream.Write(writer);
        writer.WriteString("seq"u8);
        writer.WriteUInt64(content.Seq);
        writer.WriteString("time"u8);
        writer.WriteInt64(content.Time);
    }

    private static int Count(bool present) => present ? 1 : 0;

    private void WriteNumbers(MessagePackWriter writer, ReadOnlySpan<double> numbers)
    {
        Span<byte> target = writer.Take(_template.Length);
        _template.CopyTo(target);
        ref byte start = ref MemoryMarshal.GetReference(target);
        ReadOnlySpan<int> places = _places;
        // Each place has its eight bytes within the template.
        for (int i = 0; i < places.Length && i < numbers.Length; i++)
            PutDouble(ref Unsafe.Add(ref start, places[i]), numbers[i]);
    }

    private static void WriteValues(MessagePackWriter writer, ReadOnlySpan<double> values)
    {
        if (values.Length != 1 || double.IsNaN(values[0]))
        {
            WriteAnyValues(writer, values);
            return;
        }
        ReadOnlySpan<byte> head = [MessagePackCode.FixString | 6, (byte)'v', (byte)'a', (byte)'l', (byte)'u', (byte)'e',
            (byte)'s', MessagePackCode.FixArray | 1, MessagePackCode.Float64];
        Span<byte> target = writer.Take(head.Length + sizeof(double));
        head.CopyTo(target);
        BinaryPrimitives.WriteDoubleBigEndian(target[head.Length..], values[0]);
    }

    private static void WriteAnyValues(MessagePackWriter writer, ReadOnlySpan<double> values)
    {
        writer.WriteString("values"u8);
        writer.WriteArrayHeader(values.Length);
        foreach (double value in values)
        {
            if (double.IsNaN(value))
                writer.WriteNil();
            else
                writer.WriteDouble(value);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutDouble(ref byte target, double number) =>
        BinaryPrimitives.WriteDoubleBigEndian(MemoryMarshal.CreateSpan(ref target, sizeof(double)), number);

    private static void WriteFlags(MessagePackWriter writer, PredictionFlags flags)
    {
        writer.WriteString("flags"u8);
        int start = writer.Length;
        int count = 0;
        writer.WriteArrayHeader(0);
        count += WriteFlag(writer, flags, PredictionFlags.Warming, "warming"u8);
        count += WriteFlag(writer, flags, PredictionFlags.Imputed, "imputed"u8);
        count += WriteFlag(writer, flags, PredictionFlags.Late, "late"u8);
        count += WriteFlag(writer, flags, PredictionFlags.Frozen, "frozen"u8);
        count += WriteFlag(writer, flags, PredictionFlags.Fallback, "fallback"u8);
        writer.SetShortCount(start, count);
    }

    private static int WriteFlag(
        MessagePackWriter writer, PredictionFlags flags, PredictionFlags flag, ReadOnlySpan<byte> name)
    {
        if ((flags & flag) == 0)
            return 0;
        writer.WriteString(name);
        return 1;
    }

    private void WriteClasses(MessagePackWriter writer, IReadOnlyList<string> classes)
    {
        writer.WriteString("classes"u8);
        writer.WriteMapHeader(classes.Count);
        for (int i = 0; i < classes.Count; i++)
        {
            writer.WriteString(classes[i]);
            WritePlace(writer, i);
        }
    }

    private void WriteForecast(MessagePackWriter writer)
    {
        writer.WriteString("horizons"u8);
        writer.WriteArrayHeader(_layout.Horizons.Count);
        foreach (int horizon in _layout.Horizons)
            writer.WriteInt64(horizon);
        writer.WriteString("mean"u8);
        WriteHorizons(writer, 0);
        if (_layout.Quantiles.Count == 0)
            return;
        writer.WriteString("quantiles"u8);
        writer.WriteMapHeader(_layout.Quantiles.Count);
        for (int i = 0; i < _layout.Quantiles.Count; i++)
        {
            writer.WriteString(_layout.Quantiles[i].ToString("R", CultureInfo.InvariantCulture));
            WriteHorizons(writer, 1 + i);
        }
    }

    /// <summary>Writes [[output …] per horizon] of the mean (0) or a quantile (from 1).</summary>
    private void WriteHorizons(MessagePackWriter writer, int column)
    {
        int stride = 1 + _layout.Quantiles.Count;
        writer.WriteArrayHeader(_layout.Horizons.Count);
        for (int h = 0; h < _layout.Horizons.Count; h++)
        {
            writer.WriteArrayHeader(_layout.Outputs);
            for (int o = 0; o < _layout.Outputs; o++)
                WritePlace(writer, (h * _layout.Outputs + o) * stride + column);
        }
    }

    private void WritePlace(MessagePackWriter writer, int index)
    {
        _places[index] = writer.Length + 1;
        writer.WriteDouble(0);
    }
}
