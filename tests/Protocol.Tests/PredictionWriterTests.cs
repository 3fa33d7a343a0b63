using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol.Tests;

public class PredictionWriterTests
{
    private static readonly PredictionLayout Forecast = new()
    {
        Model = "pump",
        Horizons = [1, 6],
        Outputs = 2,
        Quantiles = [0.1, 0.5, 0.975],
    };

    [Fact]
    public void A_forecast_has_every_number_in_its_place()
    {
        double[] numbers = [.. Enumerable.Range(0, Forecast.Count).Select(i => i + 0.5)];
        byte[] payload = Write(Forecast, new PredictionContent
        {
            Stream = new StreamLabel("s/1"u8), Seq = 300, Time = 1_700_000_000_123_456_789, Prediction = numbers,
        });
        Assert.True(MessagePackValue.TryParse(payload, out MessagePackValue? value));
        Assert.Equal(
            """
            {"stream":"s/1","seq":300,"time":1700000000123456789,"model":"pump","horizons":[1,6],
            "mean":[[0.5,4.5],[8.5,12.5]],
            "quantiles":{"0.1":[[1.5,5.5],[9.5,13.5]],"0.5":[[2.5,6.5],[10.5,14.5]],"0.975":[[3.5,7.5],[11.5,15.5]]}}
            """.ReplaceLineEndings(""),
            value.ToString());
    }

    [Fact]
    public void A_forecast_without_quantiles_has_no_such_key()
    {
        var layout = new PredictionLayout { Model = "m", Horizons = [1] };
        byte[] payload = Write(layout, new PredictionContent
        {
            Stream = new StreamLabel("42"u8, isNumber: true), Seq = 1, Time = -5, Prediction = [2.5],
            Values = [1, double.NaN], Score = 0.75, Trace = "00-ab"u8,
            Flags = PredictionFlags.Warming | PredictionFlags.Imputed | PredictionFlags.Late | PredictionFlags.Frozen
                | PredictionFlags.Fallback,
        });
        Assert.True(MessagePackValue.TryParse(payload, out MessagePackValue? value));
        Assert.Equal(
            """
            {"stream":42,"seq":1,"time":-5,"model":"m","horizons":[1],"mean":[[2.5]],"score":0.75,
            "flags":["warming","imputed","late","frozen","fallback"],"trace":"00-ab","values":[1,null]}
            """.ReplaceLineEndings(""),
            value.ToString());
    }

    [Fact]
    public void A_classifier_has_classes_in_place_of_horizons_and_mean()
    {
        var layout = new PredictionLayout { Model = "m", Classes = ["ok", "worn"] };
        byte[] payload = Write(layout, new PredictionContent
        {
            Stream = new StreamLabel("s"u8), Seq = 1, Time = 2, Prediction = [0.75, 0.25],
        });
        Assert.True(MessagePackValue.TryParse(payload, out MessagePackValue? value));
        Assert.Equal(
            """{"stream":"s","seq":1,"time":2,"model":"m","classes":{"ok":0.75,"worn":0.25}}""", value.ToString());
    }

    [Fact]
    public void A_prediction_comes_back_as_a_record()
    {
        double[] numbers = [.. Enumerable.Range(0, Forecast.Count).Select(i => i / 3.0)];
        byte[] payload = Write(Forecast, new PredictionContent
        {
            Stream = new StreamLabel("s"u8), Seq = 3, Time = 4, Prediction = numbers, Values = [1.5, double.NaN],
            Flags = PredictionFlags.Late | PredictionFlags.Fallback,
        });
        Prediction prediction = SubscribedMessage.From("p/s"u8, payload)!.Prediction!;
        Assert.Equal(("s", 3UL, 4L, "pump"), (prediction.Stream, prediction.Seq, prediction.Time, prediction.Model));
        Assert.Equal([1, 6], prediction.Horizons);
        Assert.Equal([numbers[8], numbers[12]], prediction.Mean[1]);
        Assert.Equal([numbers[3], numbers[7]], prediction.Quantiles[0.975][0]);
        Assert.Equal(PredictionFlags.Late | PredictionFlags.Fallback, prediction.Flags);
        Assert.Equal([1.5, double.NaN], prediction.Values);
        Assert.Null(prediction.Score);
        Assert.Null(prediction.Trace);
    }

    [Fact]
    public void One_writer_serves_many_predictions()
    {
        var writer = new PredictionWriter(new PredictionLayout { Model = "m", Horizons = [1] });
        byte[] both = Pack.Bytes(buffer =>
        {
            for (int i = 0; i < 2; i++)
            {
                writer.Write(
                    buffer, new PredictionContent { Stream = new StreamLabel("s"u8), Prediction = [i + 0.5] });
            }
        });
        var reader = new MessagePackReader(both);
        Assert.True(MessagePackValue.TryRead(ref reader, out MessagePackValue? first));
        Assert.True(MessagePackValue.TryRead(ref reader, out MessagePackValue? second));
        Assert.Equal((0.5, 1.5), (Prediction.From(first)!.Mean[0][0], Prediction.From(second)!.Mean[0][0]));
    }

    [Theory]
    [InlineData(1, 0UL, 0L)]
    [InlineData(31, 127UL, (long)uint.MaxValue)]
    [InlineData(31, 128UL, uint.MaxValue + 1L)]
    [InlineData(31, 255UL, 1_600_000_000_000_000_000L)]
    [InlineData(32, 256UL, 1_600_000_000_000_000_000L)]
    [InlineData(255, 65_535UL, long.MaxValue)]
    [InlineData(30, 65_536UL, long.MaxValue)]
    [InlineData(30, (ulong)uint.MaxValue, -1L)]
    [InlineData(30, uint.MaxValue + 1UL, 1_600_000_000_000_000_000L)]
    [InlineData(1, ulong.MaxValue, long.MinValue)]
    public void Numbers_and_names_take_their_shortest_form(int nameLength, ulong seq, long time)
    {
        byte[] name = new byte[nameLength];
        name.AsSpan().Fill((byte)'s');
        byte[] written = Write(
            new PredictionLayout { Model = "m", Horizons = [1] },
            new PredictionContent { Stream = new StreamLabel(name), Seq = seq, Time = time, Prediction = [0.5] });
        byte[] expected = Pack.Bytes(writer =>
        {
            writer.WriteMapHeader(6);
            writer.WriteString("stream"u8);
            writer.WriteString(name);
            writer.WriteString("seq"u8);
            writer.WriteUInt64(seq);
            writer.WriteString("time"u8);
            writer.WriteInt64(time);
        });
        Assert.Equal(expected, written[..expected.Length]);
    }

    [Fact]
    public void Write_OfAnotherCount_Throws() => Assert.Throws<ArgumentException>(
        () => Write(Forecast, new PredictionContent { Stream = new StreamLabel("s"u8), Prediction = [1] }));

    private static byte[] Write(PredictionLayout layout, in PredictionContent content)
    {
        var buffer = new MessagePackWriter();
        new PredictionWriter(layout).Write(buffer, content);
        return buffer.Written.ToArray();
    }
}
