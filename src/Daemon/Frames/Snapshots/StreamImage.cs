using System.Runtime.InteropServices;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames.Snapshots;

/// <summary>
/// Everything a stream carries, as bytes: the form of a row in a snapshot (docs/journal.md has it byte by byte).
/// </summary>
/// <remarks>
/// Left out is what no stepped tick has written: quotas of events, and the scratch of a frame.
/// </remarks>
public static class StreamImage
{
    [Flags]
    private enum Bits : byte
    {
        IsId = 1,
        HasRun = 2,
        Started = 4,
        IsOwed = 8,
        HasPrediction = 16,
        Warming = 32,
        IsAnomalous = 64,
    }

    public static void Write(World world, int row, ImageBlock block)
    {
        ref var stream = ref world.Streams[row];
        ref var order = ref stream.Order;
        var host = world.Models[stream.Model];
        var name = world.Streams.Name(row);
        block.Write(row);
        block.Write((ushort)name.Length);
        block.Write((byte)BitsOf(in stream));
        block.Write(order.GapCount);
        block.Write((uint)stream.Flags);
        block.Write(order.First);
        block.Write(order.Last);
        block.Write(order.Run);
        block.Write(order.Owed);
        block.Write(stream.Time);
        block.Write(stream.Arrival);
        block.Write(stream.Touched);
        block.Write(stream.Counts.Stepped);
        block.Write(stream.Counts.Imputed);
        block.Write(stream.Counts.Gaps);
        block.Write(stream.Counts.Late);
        block.Write(stream.Errors.Scored);
        block.Write(stream.Errors.AbsoluteError);
        block.Write(stream.Errors.PersistenceAbsoluteError);
        block.Write<byte>(name);
        for (var i = 0; i < order.GapCount; i++)
        {
            block.Write(order.GapAt(i).From);
            block.Write(order.GapAt(i).To);
        }

        block.Write<double>(host.Memory(stream.ModelRow));
        if (stream.HasPrediction)
        {
            block.Write<double>(host.Prediction(stream.ModelRow));
            block.Write<double>(host.Values(stream.ModelRow));
        }

        var state = block.Take(host.Model.StateFloats * sizeof(float));
        host.Engine.Read(stream.ModelRow, MemoryMarshal.Cast<byte, float>(state));
        block.Write<byte>(host.Learnt(stream.ModelRow));
        block.Rows++;
    }

    /// <summary>Reads one stream; the numbers behind its row go to <paramref name="numbers"/>.</summary>
    /// <exception cref="InvalidDataException">The block ends within it.</exception>
    public static ReadOnlySpan<byte> Read(
        ref ImageReader reader, StreamNumbers numbers, out int row, out StreamRow stream)
    {
        row = reader.Read<int>();
        var nameLength = reader.Read<ushort>();
        var bits = (Bits)reader.Read<byte>();
        var gaps = reader.Read<byte>();
        stream = new StreamRow
        {
            Flags = (PredictionFlags)reader.Read<uint>(),
            IsId = bits.HasFlag(Bits.IsId),
            HasPrediction = bits.HasFlag(Bits.HasPrediction),
            Warming = bits.HasFlag(Bits.Warming),
            IsAnomalous = bits.HasFlag(Bits.IsAnomalous),
            Frame = -1,
        };
        ref var order = ref stream.Order;
        order.First = reader.Read<ulong>();
        order.Last = reader.Read<ulong>();
        order.Run = reader.Read<ulong>();
        order.Owed = reader.Read<ulong>();
        order.HasRun = bits.HasFlag(Bits.HasRun);
        order.Started = bits.HasFlag(Bits.Started);
        order.IsOwed = bits.HasFlag(Bits.IsOwed);
        stream.Time = reader.Read<long>();
        stream.Arrival = reader.Read<long>();
        stream.Touched = reader.Read<long>();
        stream.Counts.Stepped = reader.Read<long>();
        stream.Counts.Imputed = reader.Read<long>();
        stream.Counts.Gaps = reader.Read<long>();
        stream.Counts.Late = reader.Read<long>();
        stream.Errors.Scored = reader.Read<long>();
        stream.Errors.AbsoluteError = reader.Read<double>();
        stream.Errors.PersistenceAbsoluteError = reader.Read<double>();
        var name = reader.Bytes(nameLength);
        for (var i = 0; i < gaps; i++)
            order.Remember(new Gap(reader.Read<ulong>(), reader.Read<ulong>()));
        reader.Read<double>(numbers.Memory);
        if (stream.HasPrediction)
        {
            reader.Read<double>(numbers.Prediction);
            reader.Read<double>(numbers.Values);
        }

        reader.Read<float>(numbers.State);
        reader.Read<byte>(numbers.Learnt);
        return name;
    }

    private static Bits BitsOf(in StreamRow stream) =>
        (stream.IsId ? Bits.IsId : 0)
        | (stream.Order.HasRun ? Bits.HasRun : 0)
        | (stream.Order.Started ? Bits.Started : 0)
        | (stream.Order.IsOwed ? Bits.IsOwed : 0)
        | (stream.HasPrediction ? Bits.HasPrediction : 0)
        | (stream.Warming ? Bits.Warming : 0)
        | (stream.IsAnomalous ? Bits.IsAnomalous : 0);
}

/// <summary>The numbers of one stream of a model, sized as the snapshot's description says.</summary>
public sealed class StreamNumbers(ModelShape shape)
{
    public double[] Memory { get; } = new double[shape.MemoryDoubles];
    public double[] Prediction { get; } = new double[shape.PredictionCount];
    public double[] Values { get; } = new double[shape.Inputs.Count];
    public float[] State { get; } = new float[shape.StateFloats];
    public byte[] Learnt { get; } = new byte[shape.LearntBytes];

    /// <summary>Puts them where a host keeps a stream's numbers.</summary>
    /// <param name="host">A model of the same shape.</param>
    /// <param name="modelRow">The stream's row there.</param>
    /// <param name="hasPrediction">With its last prediction.</param>
    /// <param name="learns">With what it has learnt, whose slots are the same.</param>
    public void Put(ModelHost host, int modelRow, bool hasPrediction, bool learns)
    {
        host.Engine.Write(modelRow, State);
        Memory.CopyTo(host.Memory(modelRow));
        if (learns)
            Learnt.CopyTo(host.Learnt(modelRow));
        if (!hasPrediction)
            return;
        Prediction.CopyTo(host.Prediction(modelRow));
        Values.CopyTo(host.Values(modelRow));
    }
}
