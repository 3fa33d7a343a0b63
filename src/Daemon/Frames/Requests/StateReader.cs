using System.Runtime.InteropServices;
using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames.Requests;

/// <summary>
/// Takes a state map as <see cref="StateWriter"/> gives it, checks all of it against a model, and only then puts it
/// in place.
/// </summary>
/// <remarks>The map must have every layer; what else is missing is as in a new stream.</remarks>
public sealed class StateReader
{
    // Largest size of a value, as ticks are read; of a hidden state, as layers are clamped; and of an exact count.
    private const double ValueMax = 1.0000001e100;
    private const float StateMax = 1e30f;
    private const long CountMax = 1L << 53;

    private const PredictionFlags AllFlags = PredictionFlags.Warming | PredictionFlags.Imputed | PredictionFlags.Late
        | PredictionFlags.Frozen | PredictionFlags.Fallback;

    private readonly ModelHost _host;
    private readonly Fit _fit;
    private readonly float[] _state;
    private readonly bool[] _slotsSeen;
    private readonly double[] _memory;
    private readonly LearntReader? _learnt;
    private double[]? _outputs;
    private double[]? _values;
    private StreamRow _row;

    private StateReader(ModelHost host, Fit fit)
    {
        (_host, _fit) = (host, fit);
        _state = new float[host.Model.StateFloats];
        _slotsSeen = new bool[host.Model.StateSlots.Count];
        _memory = new double[host.Preprocessor.MemoryDoubles];
        host.Preprocessor.Clear(_memory);
        _learnt = host.Online is null ? null : new LearntReader(host);
    }

    /// <summary>What the model is called that a state is of; empty where it does not say.</summary>
    public static ReadOnlySpan<byte> ModelOf(ReadOnlySpan<byte> state)
    {
        var reader = new MessagePackReader(state);
        if (!reader.TryReadMapHeader(out var count))
            return default;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadString(out var key))
                return default;
            if (key.SequenceEqual("model"u8))
                return reader.TryReadString(out var model) ? model : default;
            if (!reader.TrySkip())
                return default;
        }

        return default;
    }

    /// <summary>Reads and checks a state for a model; the fault says what does not fit.</summary>
    public static bool TryRead(ReadOnlySpan<byte> state, ModelHost host, out StateReader image, out string? fault) =>
        TryRead(state, host, Fit.Whole, out image, out fault);

    /// <summary>
    /// Reads a state that a model took once, which may be another one now: it is carried on where the shapes are the
    /// same, and starts anew but for its count where they are not, as the streams of a snapshot do.
    /// </summary>
    public static bool TryReadRecorded(
        ReadOnlySpan<byte> state, ModelHost host, out StateReader image, out string? fault) =>
        TryRead(state, host, Fit.Shape, out image, out fault) || TryRead(state, host, Fit.Count, out image, out fault);

    /// <summary>Replaces everything the row carries.</summary>
    /// <param name="row">The stream's row.</param>
    /// <param name="now">The clock of this frame.</param>
    public void Put(ref StreamRow row, long now)
    {
        _row.Model = row.Model;
        _row.ModelRow = row.ModelRow;
        _row.IsId = row.IsId;
        _row.Touched = now;
        _row.Frame = -1;
        _row.HasPrediction = _outputs is not null;
        row = _row;
        _host.Engine.Write(row.ModelRow, _state);
        _memory.CopyTo(_host.Memory(row.ModelRow));
        _outputs?.CopyTo(_host.Prediction(row.ModelRow));
        _values?.CopyTo(_host.Values(row.ModelRow));
        _learnt?.Bytes.CopyTo(_host.Learnt(row.ModelRow));
    }

    private static bool TryRead(
        ReadOnlySpan<byte> state, ModelHost host, Fit fit, out StateReader image, out string? fault)
    {
        image = new StateReader(host, fit);
        image._row.Warming = fit == Fit.Count;
        var reader = new MessagePackReader(state);
        fault = image.ReadMap(ref reader);
        return fault is null;
    }

    private string? ReadMap(ref MessagePackReader reader)
    {
        if (!reader.TryReadMapHeader(out var count))
            return "state is not a map";
        var seen = new HashSet<string>();
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadString(out var key))
                return "state has a key that is no string";
            var name = Encoding.UTF8.GetString(key);
            if (!seen.Add(name))
                return $"state has {name} twice";
            if (ReadField(ref reader, name) is { } fault)
                return fault;
        }

        return seen.Contains("layers") ? OrderFault() : "state has no layers";
    }

    // Numbers that no stream can have counted.
    private string? OrderFault()
    {
        ref var order = ref _row.Order;
        if (!order.Started)
            return order.GapCount == 0 && order.First == 0 ? null : "first or gaps without a seq";
        if (order.First > order.Last)
            return $"first {order.First} lies behind seq {order.Last}";
        var from = order.First;
        for (var i = 0; i < order.GapCount; i++)
        {
            var gap = order.GapAt(i);
            if (gap.From <= from || gap.To >= order.Last)
                return $"gaps[{i}] does not lie behind the one before, between first and seq";
            from = gap.To;
        }

        return null;
    }

    private string? ReadField(ref MessagePackReader reader, string key)
    {
        if (IsLeftOut(key))
            return reader.TrySkip() ? null : $"{key} is not whole";
        ref var order = ref _row.Order;
        switch (key)
        {
            case "model":
                if (!reader.TryReadString(out var model))
                    return "model is not a string";
                return model.SequenceEqual(Encoding.UTF8.GetBytes(_host.Name)) ? null
                    : $"state of model {Encoding.UTF8.GetString(model)}, the stream is served by {_host.Name}";
            case "seq":
                return Optional(ref reader, key, out order.Last, out order.Started);
            case "first":
                return reader.TryReadUInt64(out order.First) ? null : "first is not an unsigned integer";
            case "run":
                return Optional(ref reader, key, out order.Run, out order.HasRun);
            case "owed":
                return Optional(ref reader, key, out order.Owed, out order.IsOwed);
            case "gaps":
                return ReadGaps(ref reader);
            case "time":
                return reader.TryReadInt64(out _row.Time) ? null : "time is not an integer";
            case "arrival":
                return reader.TryReadInt64(out _row.Arrival) ? null : "arrival is not an integer";
            case "digest":
                if (!reader.TryReadString(out var digest))
                    return "digest is not a string";
                return digest.SequenceEqual(Encoding.UTF8.GetBytes(_host.Model.Digest)) ? null
                    : $"state of a model with digest {Encoding.UTF8.GetString(digest)}, {_host.Name} has "
                        + _host.Model.Digest;
            case "layers":
                return ReadLayers(ref reader);
            case "memory":
                return ReadMemory(ref reader);
            case "counts":
                return ReadCounts(ref reader);
            case "errors":
                return ReadErrors(ref reader);
            case "prediction":
                return ReadPrediction(ref reader);
            case "learnt":
            case "monitor":
            case "anomalous":
                return ReadLearnt(ref reader, key);
            case "stream":
                return RequestFields.TryReadStream(ref reader, out _, out _) ? null : "stream is no stream name";
            default:
                return $"state has an unknown key {key}";
        }
    }

    private bool IsLeftOut(string key) => key switch
    {
        "model" or "digest" => _fit != Fit.Whole,
        "layers" or "memory" or "errors" or "prediction" or "learnt" or "monitor" or "anomalous" =>
            _fit == Fit.Count,
        _ => false,
    };

    private static string? Optional(ref MessagePackReader reader, string key, out ulong value, out bool given)
    {
        given = false;
        value = 0;
        if (reader.TryReadNil())
            return null;
        given = reader.TryReadUInt64(out value);
        return given ? null : $"{key} is not an unsigned integer";
    }

    private string? ReadGaps(ref MessagePackReader reader)
    {
        if (!reader.TryReadArrayHeader(out var count) || count > StreamOrder.GapsRemembered)
            return $"gaps is not an array of at most {StreamOrder.GapsRemembered}";
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadArrayHeader(out var ends) || ends != 2
                || !reader.TryReadUInt64(out var from) || !reader.TryReadUInt64(out var to) || from > to)
                return $"gaps[{i}] is not [from, to]";
            _row.Order.Remember(new Gap(from, to));
        }

        return null;
    }

    private string? ReadLayers(ref MessagePackReader reader)
    {
        if (!reader.TryReadMapHeader(out var layers))
            return "layers is not a map";
        for (var i = 0; i < layers; i++)
        {
            if (!reader.TryReadString(out var name) || !reader.TryReadMapHeader(out var slots))
                return "layers has an entry that is not a name with a map";
            var layer = Encoding.UTF8.GetString(name);
            for (var j = 0; j < slots; j++)
                if (ReadSlot(ref reader, layer) is { } fault)
                    return fault;
        }

        var missing = Array.IndexOf(_slotsSeen, false);
        return missing < 0 ? null
            : $"layers.{_host.Model.StateSlots[missing].Layer}.{_host.Model.StateSlots[missing].Name} is missing";
    }

    private string? ReadSlot(ref MessagePackReader reader, string layer)
    {
        if (!reader.TryReadString(out var key) || !reader.TryReadBinary(out var data))
            return $"layers.{layer} has an entry that is not a name with a bin of float32";
        var name = Encoding.UTF8.GetString(key);
        for (var i = 0; i < _slotsSeen.Length; i++)
        {
            var slot = _host.Model.StateSlots[i];
            if (slot.Layer != layer || slot.Name != name)
                continue;
            if (data.Length != slot.Length * sizeof(float))
                return $"layers.{layer}.{name} has {data.Length} bytes, expected {slot.Length * sizeof(float)}";
            var state = _state.AsSpan(slot.Offset, slot.Length);
            data.CopyTo(MemoryMarshal.AsBytes(state));
            _slotsSeen[i] = true;
            foreach (var value in state)
                if (!(Math.Abs(value) <= StateMax))
                    return $"layers.{layer}.{name} has a value that is not finite, or over {StateMax} in size";
            return null;
        }

        return $"layers.{layer}.{name} is not in model {_host.Name}";
    }

    private string? ReadMemory(ref MessagePackReader reader)
    {
        if (!reader.TryReadMapHeader(out var count))
            return "memory is not a map";
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadString(out var key))
                return "memory has a key that is no string";
            var name = Encoding.UTF8.GetString(key);
            var slot = _host.Preprocessor.Slots.FirstOrDefault(slot => slot.Name == name);
            if (slot.Name is null)
                return $"memory.{name} is not in model {_host.Name}";
            var memory = _memory.AsSpan(slot.Offset, slot.Length);
            var (least, most) = BoundsOf(name);
            if (!TryReadDoubles(ref reader, memory, least, most, slot.MayBeMissing))
                return FormattableString.Invariant(
                    $"memory.{name} is not {slot.Length} numbers from {least} to {most}");
        }

        return null;
    }

    // Of a state that was recorded, what does not fit starts anew, as it does where a model is handed over.
    private string? ReadLearnt(ref MessagePackReader reader, string key)
    {
        var begin = reader;
        var fault = key == "anomalous" ? reader.TryReadBoolean(out _row.IsAnomalous) ? null : "anomalous is not a bool"
            : _learnt is null ? $"state has {key}, model {_host.Name} learns nothing from its streams"
            : key == "learnt" ? _learnt.ReadSlots(ref reader) : _learnt.ReadMonitor(ref reader);
        if (fault is null || _fit == Fit.Whole)
            return fault;
        _learnt?.Clear();
        reader = begin;
        return reader.TrySkip() ? null : $"{key} is not whole";
    }

    private string? ReadCounts(ref MessagePackReader reader)
    {
        if (!reader.TryReadMapHeader(out var count))
            return "counts is not a map";
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadString(out var name) || !reader.TryReadInt64(out var value) || value < 0)
                return "counts has an entry that is not a name with an integer from 0";
            ref var counts = ref _row.Counts;
            switch (Encoding.UTF8.GetString(name))
            {
                case "stepped": counts.Stepped = value; break;
                case "imputed": counts.Imputed = value; break;
                case "gaps": counts.Gaps = value; break;
                case "late": counts.Late = value; break;
                default: return $"counts has an unknown key {Encoding.UTF8.GetString(name)}";
            }
        }

        return null;
    }

    private string? ReadErrors(ref MessagePackReader reader)
    {
        if (!reader.TryReadMapHeader(out var count))
            return "errors is not a map";
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadString(out var name) || !reader.TryReadDouble(out var value)
                || !(value >= 0 && double.IsFinite(value)))
                return "errors has an entry that is not a name with a finite number from 0";
            switch (Encoding.UTF8.GetString(name))
            {
                case "scored" when value > CountMax || value != Math.Floor(value):
                    return $"errors.scored is not an integer up to {CountMax}";
                case "scored": _row.Errors.Scored = (long)value; break;
                case "mae": _row.Errors.AbsoluteError = value; break;
                case "persistenceMae": _row.Errors.PersistenceAbsoluteError = value; break;
                default: return $"errors has an unknown key {Encoding.UTF8.GetString(name)}";
            }
        }

        return null;
    }

    private string? ReadPrediction(ref MessagePackReader reader)
    {
        if (reader.TryReadNil())
            return null;
        if (!reader.TryReadMapHeader(out var count))
            return "prediction is not a map";
        _values = null;
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadString(out var key))
                return "prediction has a key that is no string";
            var name = Encoding.UTF8.GetString(key);
            var isRead = name switch
            {
                "values" => TryReadDoubles(
                    ref reader, _values = new double[_host.Model.Inputs.Count], -ValueMax, ValueMax, true),
                "outputs" => TryReadDoubles(
                    ref reader, _outputs = new double[_host.Model.PredictionCount], double.MinValue, double.MaxValue,
                    true),
                "flags" => TryReadFlags(ref reader),
                "warming" => reader.TryReadBoolean(out _row.Warming),
                _ => false,
            };
            if (!isRead)
                return $"prediction.{name} does not fit model {_host.Name}";
        }

        return _outputs is null || _values is null ? "prediction has not both values and outputs" : null;
    }

    private bool TryReadFlags(ref MessagePackReader reader)
    {
        var isRead = reader.TryReadUInt64(out var flags);
        _row.Flags = (PredictionFlags)flags;
        return isRead && (flags & ~(ulong)AllFlags) == 0;
    }

    // Numbers within the bounds, NaN for those that are missing.
    private static bool TryReadDoubles(
        ref MessagePackReader reader, Span<double> values, double least, double most, bool mayBeMissing)
    {
        if (!reader.TryReadArrayHeader(out var count) || count != values.Length)
            return false;
        foreach (ref var value in values)
            if (!reader.TryReadDouble(out value) || value < least || value > most
                || double.IsNaN(value) && !mayBeMissing)
                return false;
        return true;
    }

    private static (double Least, double Most) BoundsOf(string slot) => slot switch
    {
        "n" => (0, CountMax),
        "variance" or "recentChange" or "meanChange" => (0, double.MaxValue),
        "changes" => (0, CountMax),
        "forecast" => (double.MinValue, double.MaxValue),
        _ => (-ValueMax, ValueMax),
    };

    // What of a state must fit the model.
    private enum Fit
    {
        Whole,
        Shape,
        Count,
    }
}
