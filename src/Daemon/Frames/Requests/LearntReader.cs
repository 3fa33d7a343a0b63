using System.Runtime.InteropServices;
using System.Text;
using Realtime.Cells.Adaptive;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames.Requests;

/// <summary>Takes what a stream has learnt from a state map, and checks it against a model; until all of it is read it
/// is that of a new stream.</summary>
internal sealed class LearntReader
{
    private readonly ModelHost _host;
    private readonly byte[] _bytes;

    public LearntReader(ModelHost host)
    {
        (_host, _bytes) = (host, new byte[host.LearntBytes]);
        Clear();
    }

    /// <summary>As <see cref="ModelHost.Learnt"/> has it.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    private OnlineForecaster Online => _host.Online!;

    /// <summary>Nothing is learnt.</summary>
    public void Clear()
    {
        Online.Clear(_bytes.AsSpan(0, Online.MemoryBytes));
        Monitor.Clear();
    }

    /// <summary>Reads the map of slots; the fault says what does not fit.</summary>
    public string? ReadSlots(ref MessagePackReader reader)
    {
        if (!reader.TryReadMapHeader(out var count))
            return "learnt is not a map";
        if (count != Online.Slots.Count)
            return $"learnt has {count} entries, model {_host.Name} has {Online.Slots.Count}";
        for (var i = 0; i < count; i++)
        {
            if (!reader.TryReadString(out var key) || !reader.TryReadBinary(out var data))
                return "learnt has an entry that is not a name with a bin";
            if (ReadSlot(Encoding.UTF8.GetString(key), data) is { } fault)
                return fault;
        }

        return Online.FaultIn(_bytes.AsSpan(0, Online.MemoryBytes)) is { } wrong ? $"learnt.{wrong}" : null;
    }

    /// <summary>Reads score, ticks judged and coverage of the levels.</summary>
    public string? ReadMonitor(ref MessagePackReader reader)
    {
        var monitor = Monitor.All;
        if (!reader.TryReadArrayHeader(out var count) || count != monitor.Length)
            return $"monitor is not an array of {monitor.Length}";
        for (var i = 0; i < count; i++)
        {
            var (most, mayBeMissing) = i == 1 ? (1L << 53, false) : (1, i == 0);
            if (!reader.TryReadDouble(out monitor[i]) || double.IsNaN(monitor[i]) && !mayBeMissing
                || monitor[i] < 0 || monitor[i] > most)
                return $"monitor[{i}] is not a number from 0 to {most}";
        }

        return null;
    }

    private StreamMonitor Monitor => new(MemoryMarshal.Cast<byte, double>(_bytes.AsSpan(Online.MemoryBytes)));

    private string? ReadSlot(string name, ReadOnlySpan<byte> data)
    {
        var slot = Online.Slots.FirstOrDefault(slot => slot.Name == name);
        if (slot.Name is null)
            return $"learnt.{name} is not in model {_host.Name}";
        if (data.Length != slot.Bytes)
            return $"learnt.{name} has {data.Length} bytes, expected {slot.Bytes}";
        var bytes = _bytes.AsSpan(slot.ByteOffset, slot.Bytes);
        data.CopyTo(bytes);
        return slot.Type == OnlineNumber.Floats && !AreNumbers(MemoryMarshal.Cast<byte, float>(bytes))
            ? $"learnt.{name} has a NaN" : null;
    }

    // Of doubles it is a number that there is none of.
    private static bool AreNumbers(ReadOnlySpan<float> numbers)
    {
        foreach (var number in numbers)
            if (float.IsNaN(number))
                return false;
        return true;
    }
}
