namespace Realtime.Protocol.Tests;

public class ValueReaderTests
{
    private static readonly InputNames Three = new(["pressure", "flow", "temp"]);
    private static readonly InputNames One = new(["value"]);

    [Fact]
    public void Every_kind_of_values_gives_the_same_doubles()
    {
        byte[] floats = new byte[12];
        BitConverter.TryWriteBytes(floats, 1.5f);
        BitConverter.TryWriteBytes(floats.AsSpan(4), float.NaN);
        BitConverter.TryWriteBytes(floats.AsSpan(8), -3f);
        object[] kinds =
        [
            new object?[] { 1.5, null, -3 },
            new object?[] { 1.5f, double.NaN, -3.0 },
            floats,
            Pack.Raw(Pack.Map(("pressure", 1.5), ("flow", null), ("temp", -3))),
            Pack.Raw(Pack.Map(("temp", -3), ("pressure", 1.5))),
            Pack.Raw(Pack.Map(("pressure", 9), ("temp", -3), ("pressure", 1.5))),
        ];
        foreach (object kind in kinds)
            AssertReads([1.5, double.NaN, -3], kind, Three);
    }

    [Fact]
    public void A_number_or_nil_is_one_value()
    {
        AssertReads([2.5], 2.5, One);
        AssertReads([-7], -7, One);
        AssertReads([double.NaN], null, One);
        AssertReads([double.NaN], double.NaN, One);
        AssertReads([double.NaN], Pack.Raw(Pack.Map()), One);
        Assert.Equal((int)ErrorCode.Shape, Read(2.5, Three).Code);
        Assert.Equal((int)ErrorCode.Shape, Read(null, Three).Code);
    }

    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(1.1e100)]
    [InlineData(-1e308)]
    [InlineData(float.PositiveInfinity)]
    public void Infinities_and_sizes_beyond_1e100_are_malformed(object number)
    {
        const int malformed = (int)ErrorCode.Malformed;
        Assert.Equal(malformed, Read(number, One).Code);
        Assert.Equal(malformed, Read(new object?[] { 1, number, 2 }, Three).Code);
        Assert.Equal(malformed, Read(Pack.Raw(Pack.Map(("flow", number))), Three).Code);
    }

    [Fact]
    public void An_infinity_in_a_bin_is_malformed()
    {
        byte[] floats = new byte[12];
        BitConverter.TryWriteBytes(floats.AsSpan(4), float.NegativeInfinity);
        Assert.Equal((int)ErrorCode.Malformed, Read(floats, Three).Code);
    }

    [Fact]
    public void The_largest_size_is_taken() => AssertReads([-1e100], -1e100, One);

    public static TheoryData<object, string> WrongShapes => new()
    {
        { new object?[] { 1, 2 }, "values: found 2, expected 3 for the model's inputs" },
        { new object?[] { 1, 2, 3, 4 }, "values: found 4, expected 3 for the model's inputs" },
        { Pack.Nothing, "values: found 0, expected 3 for the model's inputs" },
        { new object?[] { 1, "2", 3 }, "values[1]: found the string \"2\", expected a number or nil" },
        { new object?[] { 1, 2, true }, "values[2]: found true, expected a number or nil" },
        { new object?[] { new object?[] { 1, 2, 3 }, 1, 1 }, "values[0]: found an array of 3" },
        { new byte[11], "values: found 11 bytes of float32, expected 12 for the model's 3 inputs" },
        { new byte[16], "values: found 16 bytes of float32, expected 12 for the model's 3 inputs" },
        { "text", "values: found the string \"text\", expected a number, an array" },
        { true, "values: found true, expected a number, an array" },
        { new Raw([0xd6, 0xff, 0, 0, 0, 5]), "values: found an extension, expected a number, an array" },
        { new Raw(Pack.Map(("volume", 1))), "values: found the input \"volume\", which the model does not have" },
        { new Raw([0x81, 5, 5]), "values: a key: found 5, expected the name of an input" },
        { new Raw(Pack.Map(("flow", "x"))), "values[\"flow\"]: found the string \"x\", expected a number or nil" },
        { 5, "values: found 1, expected 3" },
    };

    [Theory]
    [MemberData(nameof(WrongShapes))]
    public void ReadValues_OfAnotherShape_SaysWhatWasFound(object values, string fault)
    {
        byte[] payload = Pack.Map(("values", values));
        Tick tick = TickReaderTests.ReadTick(payload);
        int code = TickReader.ReadValues(payload, tick.Values, Three, new double[3], out string? found);
        Assert.Equal((int)ErrorCode.Shape, code);
        Assert.StartsWith(fault, found, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadValues_IntoTheWrongRoom_Throws() =>
        Assert.Throws<ArgumentException>(() => TickReader.ReadValues([5], 0, Three, new double[2], out _));

    [Fact]
    public void InputNames_FindsEachOfMany_WhateverTheGuess()
    {
        string[] names = [.. Enumerable.Range(0, 1000).Select(i => $"sensor/{i}"), "", "ü"];
        var inputs = new InputNames(names);
        for (int i = 0; i < names.Length; i++)
        {
            byte[] name = System.Text.Encoding.UTF8.GetBytes(names[i]);
            Assert.Equal(i, inputs.IndexOf(name, i));
            Assert.Equal(i, inputs.IndexOf(name, i + 1));
            Assert.Equal(i, inputs.IndexOf(name, -1));
        }
        Assert.Equal(-1, inputs.IndexOf("sensor/1000"u8));
        Assert.Equal(-1, new InputNames([]).IndexOf("x"u8));
        Assert.Throws<ArgumentException>(() => new InputNames(["a", "b", "a"]));
    }

    private static void AssertReads(double[] expected, object? values, InputNames names)
    {
        (int code, double[] read) = Read(values, names);
        Assert.Equal(0, code);
        Assert.Equal(expected, read);
    }

    private static (int Code, double[] Values) Read(object? values, InputNames names)
    {
        byte[] payload = Pack.Map(("values", values));
        Tick tick = TickReaderTests.ReadTick(payload);
        double[] read = new double[names.Count];
        int code = TickReader.ReadValues(payload, tick.Values, names, read, out string? fault);
        Assert.Equal(code == 0, fault is null);
        return (code, read);
    }
}
