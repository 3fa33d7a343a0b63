using System.Reflection;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Snapshots;

public sealed class StreamImageTests
{
    // Why a field of a row is not part of what a stream carries.
    private static readonly Dictionary<string, string> LeftOut = new()
    {
        ["Model"] = "the model that serves it now",
        ["ModelRow"] = "its place in that model's slabs",
        ["DuplicatesInARow"] = "counts ticks that were not stepped, for an event",
        ["RejectedSecond"] = "quota of events",
        ["RejectedEvents"] = "quota of events",
        ["Frame"] = "scratch of a frame",
        ["Wave"] = "scratch of a frame",
        ["Item"] = "scratch of a frame",
        ["Order.Gaps"] = "compared as a list of gaps, oldest first",
        ["Order.GapCount"] = "compared as a list of gaps, oldest first",
        ["Order.GapNext"] = "compared as a list of gaps, oldest first",
    };

    public static TheoryData<string> Fields => [.. Leaves(typeof(StreamRow), "")];

    [Theory]
    [MemberData(nameof(Fields))]
    public void Every_field_of_a_row_comes_back(string field)
    {
        if (LeftOut.ContainsKey(field))
            return;
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 1, 5), Pack.Tick("s", 2, 7));
        object row = daemon.World.Streams[0];
        Change(row, field.Split('.'));
        daemon.World.Streams[0] = (StreamRow)row;
        var back = Read(daemon.World, out _);
        Assert.Equal(Value(row, field.Split('.')), Value(back, field.Split('.')));
    }

    [Fact]
    public void What_is_left_out_is_a_field()
    {
        Assert.Empty(LeftOut.Keys.Except(Leaves(typeof(StreamRow), "")));
    }

    [Fact]
    public void Gaps_come_back_in_their_order_when_more_than_fit_were_passed_over()
    {
        using var daemon = new SimulatedDaemon();
        for (var seq = 1UL; seq < 60; seq += 4)
            daemon.Take(Pack.Tick("s", 1, seq));
        var back = Read(daemon.World, out _);
        ref var order = ref daemon.World.Streams[0].Order;
        Assert.Equal(StreamOrder.GapsRemembered, order.GapCount);
        Assert.Equal(order.GapCount, back.Order.GapCount);
        for (var i = 0; i < order.GapCount; i++)
            Assert.Equal(order.GapAt(i), back.Order.GapAt(i));
    }

    [Fact]
    public void Hidden_state_memory_prediction_and_values_come_back_bit_for_bit()
    {
        using var daemon = new SimulatedDaemon(models: [("*", SmallModels.Lstm())]);
        daemon.Take(
            Pack.Tick("s", new object?[] { 1.5, null }, 1), Pack.Tick("s", new object?[] { null, 3e-300 }, 2));
        var host = daemon.World.Models[0];
        Read(daemon.World, out var numbers);
        var state = new float[host.Model.StateFloats];
        host.Engine.Read(0, state);
        Assert.Equal(
            state.Select(BitConverter.SingleToInt32Bits), numbers.State.Select(BitConverter.SingleToInt32Bits));
        AssertBits(host.Memory(0), numbers.Memory);
        AssertBits(host.Prediction(0), numbers.Prediction);
        AssertBits(host.Values(0), numbers.Values);
    }

    [Fact]
    public void Every_prefix_of_a_block_is_told_to_be_short()
    {
        using var daemon = new SimulatedDaemon();
        daemon.Take(Pack.Tick("s", 1, 5), Pack.Tick("s", 2, 9));
        var block = Write(daemon.World);
        for (var length = 0; length < block.Length; length++)
        {
            var cut = block[..length];
            Assert.Throws<InvalidDataException>(() => Read(cut, daemon.World, out _));
        }
    }

    private static void AssertBits(ReadOnlySpan<double> expected, double[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < actual.Length; i++)
            Assert.Equal(BitConverter.DoubleToInt64Bits(expected[i]), BitConverter.DoubleToInt64Bits(actual[i]));
    }

    private static StreamRow Read(World world, out StreamNumbers numbers) => Read(Write(world), world, out numbers);

    private static byte[] Write(World world)
    {
        var block = new ImageBlock(16);
        block.Begin(0);
        StreamImage.Write(world, 0, block);
        return block.Written.ToArray();
    }

    private static StreamRow Read(byte[] block, World world, out StreamNumbers numbers)
    {
        numbers = new StreamNumbers(ModelShape.Of(world.Models[0]));
        var reader = new ImageReader(block);
        var name = StreamImage.Read(ref reader, numbers, out var row, out var stream);
        Assert.Equal("s"u8, name);
        Assert.Equal(0, row);
        Assert.True(reader.IsEmpty);
        return stream;
    }

    private static IEnumerable<string> Leaves(Type type, string prefix)
    {
        foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            var isLeaf = field.FieldType.IsPrimitive || field.FieldType.IsEnum || field.FieldType == typeof(Gaps);
            if (isLeaf)
                yield return prefix + field.Name;
            else
                foreach (var inner in Leaves(field.FieldType, prefix + field.Name + "."))
                    yield return inner;
        }
    }

    private static object Value(object owner, ReadOnlySpan<string> path)
    {
        var value = FieldOf(owner, path[0]).GetValue(owner)!;
        return path.Length == 1 ? value : Value(value, path[1..]);
    }

    private static void Change(object owner, ReadOnlySpan<string> path)
    {
        var field = FieldOf(owner, path[0]);
        var value = field.GetValue(owner)!;
        if (path.Length > 1)
            Change(value, path[1..]);
        else
            value = Other(value);
        field.SetValue(owner, value);
    }

    private static object Other(object value) => value switch
    {
        bool flag => !flag,
        long number => number + 1_000_000_007,
        ulong number => number + 1_000_000_007,
        int number => number + 17,
        double number => number + 0.1,
        Enum flags => Enum.ToObject(flags.GetType(), Convert.ToInt64(flags, null) ^ 2),
        _ => throw new NotSupportedException($"a field of type {value.GetType()}"),
    };

    private static FieldInfo FieldOf(object owner, string name) =>
        owner.GetType().GetField(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!;
}
