using System.Globalization;
using System.Text;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol.Tests;

/// <summary>The format, checked against an independent implementation in both directions.</summary>
public class PythonMessagePackTests
{
    private const string Pack = """
        import msgpack, random
        random.seed(20261121)
        def line(kind, shown, value, **how):
            print(kind, shown, msgpack.packb(value, **how).hex(), sep="\t")
        edges = [0, 1, 31, 32, 33, 127, 128, 129, 255, 256, 32767, 32768, 65535, 65536, 2**31-1, 2**31, 2**32-1, 2**32,
                 2**63-1]
        for n in edges + [random.getrandbits(random.randrange(1, 64)) for _ in range(500)]:
            line("int", n, n)
            line("int", -n-1, -n-1)
        for n in [2**63, 2**64-1]:
            line("uint", n, n)
        for _ in range(500):
            x = random.uniform(-1, 1) * 10 ** random.randrange(-300, 300)
            line("float", repr(x), x)
        for x in [0.0, -0.0, 1.5, float("inf"), float("-inf"), float("nan")]:
            line("float", repr(x), x)
            line("float", repr(x), x, use_single_float=True)
        for n in [0, 1, 31, 32, 255, 256, 65535, 65536]:
            line("str", n, "é" * (n // 2) + "x" * (n % 2))
            line("bin", n, b"b" * n)
            line("array", n, [None] * n)
            line("map", n, {i: None for i in range(n)})
        for n in [0, 1, 2, 3, 4, 8, 15, 16, 17, 255, 256, 65536]:
            line("ext", n, msgpack.ExtType(5, b"e" * n))
        for s, ns in [(0, 0), (1, 0), (2**32-1, 0), (2**32, 0), (1, 1), (2**33, 999999999), (-1, 0), (-5, 7)]:
            line("time", s * 10**9 + ns, msgpack.Timestamp(s, ns))
        for v in [None, True, False]:
            line("json", {None: "null", True: "true", False: "false"}[v], v)
        line("json", '{"a":[1,-2,2.5,{"b":null}],"c":"é\\""}', {"a": [1, -2, 2.5, {"b": None}], "c": 'é"'})
        """;

    private const string Unpack = """
        import msgpack, sys
        def show(v):
            if isinstance(v, dict): return "{" + ",".join(show(k) + ":" + show(x) for k, x in v.items()) + "}"
            if isinstance(v, list): return "[" + ",".join(show(x) for x in v) + "]"
            if isinstance(v, msgpack.ExtType): return "ext%d:%s" % (v.code, v.data.hex())
            if isinstance(v, msgpack.Timestamp): return "time%d" % v.to_unix_nano()
            if isinstance(v, bytes): return "bin" + v.hex()
            if isinstance(v, str): return "'" + v + "'"
            return repr(v)
        for message in sys.argv[1:]:
            print(show(msgpack.unpackb(bytes.fromhex(message), strict_map_key=False)))
        """;

    [PythonFact]
    public void What_Python_packs_is_read()
    {
        int lines = 0;
        foreach (string line in Python.Run(Pack).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split('\t');
            byte[] bytes = Convert.FromHexString(parts[2]);
            Assert.True(Reads(parts[0], parts[1], bytes), line[..Math.Min(line.Length, 100)]);
            var reader = new MessagePackReader(bytes);
            Assert.True(reader.TrySkip() && reader.AtEnd);
            lines++;
        }
        Assert.True(lines > 1500);
    }

    [PythonFact]
    public void What_is_written_Python_unpacks()
    {
        (byte[] Bytes, string Shown)[] messages =
        [
            (Tests.Pack.Array(0, 127, 128, 65536, 1L << 40, ulong.MaxValue, -1, -32, -33, -129, -40000, long.MinValue),
                "[0,127,128,65536,1099511627776,18446744073709551615,-1,-32,-33,-129,-40000,-9223372036854775808]"),
            (Tests.Pack.Array(1.5, 0.1, 2.5f, double.NaN, null, true, false), "[1.5,0.1,2.5,nan,None,True,False]"),
            (Tests.Pack.Map(("é", "€😀"), ("b", new byte[] { 1, 255 })), "{'é':'€😀','b':bin01ff}"),
            (Tests.Pack.Bytes(w => w.WriteString(new string('x', 300))), $"'{new string('x', 300)}'"),
            (Tests.Pack.Bytes(w => w.WriteExtension(9, [1, 2, 3])), "ext9:010203"),
            (Tests.Pack.Bytes(w => w.WriteTimestamp(1_700_000_000_123_456_789)), "time1700000000123456789"),
            (Tests.Pack.Bytes(w => w.WriteTimestamp(-1)), "time-1"),
            (Tests.Pack.Bytes(w => w.WriteBinary((float[])[1, -2])), "bin0000803f000000c0"),
            (Tests.Pack.Bytes(w => w.EndArray(w.BeginArray(), 0)), "[]"),
            (Tests.Pack.Bytes(w => ReplyWriter.WriteErrorReply(w, ErrorCode.Shape, "d", [7])),
                "{'error':{'code':3,'reason':'shape','detail':'d'},'rid':7}"),
            (Prediction(), "{'stream':7,'seq':5,'time':6,'model':'m','horizons':[1,2],'mean':[[0.5],[2.5]],"
                + "'quantiles':{'0.1':[[1.5],[3.5]]},'score':0.25,'flags':['late'],'values':[1.0,None]}"),
        ];
        string output = Python.Run(Unpack, [.. messages.Select(message => Convert.ToHexString(message.Bytes))]);
        Assert.Equal(messages.Select(message => message.Shown), output.TrimEnd('\n').Split('\n'));
    }

    private static byte[] Prediction() => Tests.Pack.Bytes(writer => new PredictionWriter(
        new PredictionLayout { Model = "m", Horizons = [1, 2], Quantiles = [0.1] }).Write(writer, new PredictionContent
        {
            Stream = new StreamLabel("7"u8, isNumber: true), Seq = 5, Time = 6, Prediction = [0.5, 1.5, 2.5, 3.5],
            Score = 0.25, Flags = PredictionFlags.Late, Values = [1, double.NaN],
        }));

    private static bool Reads(string kind, string shown, byte[] bytes)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        var reader = new MessagePackReader(bytes);
        switch (kind)
        {
            case "int":
                return reader.TryReadInt64(out long signed) && signed == long.Parse(shown, plain);
            case "uint":
                return reader.TryReadUInt64(out ulong unsigned) && unsigned == ulong.Parse(shown, plain);
            case "float":
                double expected = shown switch
                {
                    "inf" => double.PositiveInfinity,
                    "-inf" => double.NegativeInfinity,
                    "nan" => double.NaN,
                    _ => double.Parse(shown, plain),
                };
                return reader.TryReadDouble(out double number) && number.Equals(expected);
            case "time":
                return reader.TryReadTimestamp(out long time) && time == long.Parse(shown, plain);
            case "json":
                return MessagePackValue.TryParse(bytes, out MessagePackValue? value) && value.ToString() == shown;
        }
        int count = int.Parse(shown, plain);
        return kind switch
        {
            "str" => reader.TryReadString(out ReadOnlySpan<byte> text)
                && Encoding.UTF8.GetString(text) == new string('é', count / 2) + new string('x', count % 2),
            "bin" => reader.TryReadBinary(out ReadOnlySpan<byte> data)
                && data.Length == count && !data.ContainsAnyExcept((byte)'b'),
            "ext" => reader.TryReadExtension(out sbyte type, out ReadOnlySpan<byte> data)
                && type == 5 && data.Length == count && !data.ContainsAnyExcept((byte)'e'),
            "array" => reader.TryReadArrayHeader(out int items) && items == count,
            "map" => reader.TryReadMapHeader(out int entries) && entries == count,
            _ => false,
        };
    }
}
