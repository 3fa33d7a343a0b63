using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames.Requests;

/// <summary>
/// Everything a stream carries, as the map that <c>state.get</c> gives; <see cref="StateReader"/> takes it back.
/// </summary>
/// <remarks>
/// Numbers keep their bits: hidden states are little-endian float32 in bin, what was learnt is in bin as its slots say,
/// all else float64 (NaN where there is nothing) or integers.
/// </remarks>
public static class StateWriter
{
    public static void Write(MessagePackWriter writer, World world, int row)
    {
        ref var stream = ref world.Streams[row];
        var host = world.Models[stream.Model];
        var map = writer.BeginMap();
        writer.Entry("stream"u8, new StreamLabel(world.Streams.Name(row), stream.IsId));
        writer.Entry("model"u8, host.Name);
        writer.Entry("digest"u8, host.Model.Digest);
        WriteOrder(writer, in stream.Order);
        writer.Entry("time"u8, stream.Time);
        writer.Entry("arrival"u8, stream.Arrival);
        WriteLayers(writer, host, stream.ModelRow);
        WriteMemory(writer, host, stream.ModelRow);
        WriteCounts(writer, in stream);
        WritePrediction(writer, host, in stream);
        if (host.Online is not null)
            WriteLearnt(writer, host, in stream);
        // A stream may have come from a model that scores.
        var tells = host.Online is not null || stream.IsAnomalous;
        if (tells)
            writer.Entry("anomalous"u8, stream.IsAnomalous);
        writer.EndMap(map, 15 + (host.Online is null ? 0 : 2) + (tells ? 1 : 0));
    }

    private static void WriteLearnt(MessagePackWriter writer, ModelHost host, in StreamRow stream)
    {
        writer.WriteString("learnt"u8);
        var slots = host.Online!.Slots;
        var memory = host.OnlineMemory(stream.ModelRow);
        writer.WriteMapHeader(slots.Count);
        foreach (var slot in slots)
        {
            writer.WriteString(slot.Name);
            writer.WriteBinary(memory.Slice(slot.ByteOffset, slot.Bytes));
        }

        writer.Entry("monitor"u8, host.Monitor(stream.ModelRow).All);
    }

    private static void WriteOrder(MessagePackWriter writer, in StreamOrder order)
    {
        if (order.Started)
            writer.Entry("seq"u8, order.Last);
        else
            writer.NilEntry("seq"u8);
        writer.Entry("first"u8, order.First);
        if (order.HasRun)
            writer.Entry("run"u8, order.Run);
        else
            writer.NilEntry("run"u8);
        if (order.IsOwed)
            writer.Entry("owed"u8, order.Owed);
        else
            writer.NilEntry("owed"u8);

        writer.WriteString("gaps"u8);
        writer.WriteArrayHeader(order.GapCount);
        for (var i = 0; i < order.GapCount; i++)
        {
            // Oldest first, so that taking them in again gives the same ring.
            var gap = order.GapAt(i);
            writer.WriteArrayHeader(2);
            writer.WriteUInt64(gap.From);
            writer.WriteUInt64(gap.To);
        }
    }

    private static void WriteLayers(MessagePackWriter writer, ModelHost host, int modelRow)
    {
        var state = new float[host.Model.StateFloats];
        host.Engine.Read(modelRow, state);
        writer.WriteString("layers"u8);
        var layers = host.Model.StateSlots.GroupBy(static slot => slot.Layer).ToArray();
        writer.WriteMapHeader(layers.Length);
        foreach (var layer in layers)
        {
            writer.WriteString(layer.Key);
            writer.WriteMapHeader(layer.Count());
            foreach (var slot in layer)
            {
                writer.WriteString(slot.Name);
                writer.WriteBinary(state.AsSpan(slot.Offset, slot.Length));
            }
        }
    }

    private static void WriteMemory(MessagePackWriter writer, ModelHost host, int modelRow)
    {
        writer.WriteString("memory"u8);
        writer.WriteMapHeader(host.Preprocessor.Slots.Count);
        var memory = host.Memory(modelRow);
        foreach (var slot in host.Preprocessor.Slots)
            writer.Entry(
                Encoding.UTF8.GetBytes(slot.Name), (ReadOnlySpan<double>)memory.Slice(slot.Offset, slot.Length));
    }

    private static void WriteCounts(MessagePackWriter writer, in StreamRow stream)
    {
        writer.WriteString("counts"u8);
        writer.WriteMapHeader(4);
        writer.Entry("stepped"u8, stream.Counts.Stepped);
        writer.Entry("imputed"u8, stream.Counts.Imputed);
        writer.Entry("gaps"u8, stream.Counts.Gaps);
        writer.Entry("late"u8, stream.Counts.Late);
        writer.WriteString("errors"u8);
        writer.WriteMapHeader(3);
        writer.Entry("scored"u8, stream.Errors.Scored);
        writer.Entry("mae"u8, stream.Errors.AbsoluteError);
        writer.Entry("persistenceMae"u8, stream.Errors.PersistenceAbsoluteError);
    }

    private static void WritePrediction(MessagePackWriter writer, ModelHost host, in StreamRow stream)
    {
        writer.WriteString("prediction"u8);
        if (!stream.HasPrediction)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteMapHeader(4);
        writer.Entry("values"u8, (ReadOnlySpan<double>)host.Values(stream.ModelRow));
        writer.Entry("outputs"u8, (ReadOnlySpan<double>)host.Prediction(stream.ModelRow));
        writer.Entry("flags"u8, (long)stream.Flags);
        writer.Entry("warming"u8, stream.Warming);
    }
}
