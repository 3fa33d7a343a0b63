namespace Realtime.Training.Tests.Series;

/// <summary>Real files, with rows, sums and times taken from them by other tools.</summary>
public sealed class PublicSeriesTests
{
    private const long Hour = 3600_000_000_000;

    private static readonly CsvFormat Commas = new();

    [DataFact("")]
    public void Read_Etth1_HasSevenHourlyVariables()
    {
        var series = Read("ett/ETTh1.csv", Commas);
        Assert.Equal(["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"], series.Columns.Values);
        Assert.Equal("date", series.Columns.Time);
        Assert.Equal(17_420, series.Values.Count);
        Assert.Equal([5.827000141143799, 30.5310001373291], [series.Values[0][0], series.Values[0][6]]);
        Assert.Equal(1467331200_000_000_000, series.Times[0]);
        Assert.All(series.Times.Zip(series.Times.Skip(1)), pair => Assert.Equal(Hour, pair.Second - pair.First));
    }

    [DataFact("")]
    public void Read_Wth_HasTwelveHourlyVariablesByMonthFirstDates()
    {
        var series = Read("wth/WTH.csv", Commas);
        Assert.Equal(12, series.Columns.Values.Count);
        Assert.Equal(("date", "Visibility", "OT"),
            (series.Columns.Time, series.Columns.Values[0], series.Columns.Values[^1]));
        Assert.Equal(35_064, series.Values.Count);
        Assert.Equal(1262304000_000_000_000, series.Times[0]);
        Assert.All(series.Times.Zip(series.Times.Skip(1)), pair => Assert.Equal(Hour, pair.Second - pair.First));
    }

    [DataFact("")]
    public void Read_Airline_HasNoHeader()
    {
        var series = Read("airline/airline-passengers.csv", new(HasHeader: false));
        Assert.Equal(["c1"], series.Columns.Values);
        Assert.Null(series.Columns.Time);
        Assert.Equal(144, series.Values.Count);
        Assert.Equal((112, 432), (series.Values[0][0], series.Values[^1][0]));
        using var withHeader = CsvReader.Open(Repository.DataPath("airline/airline-passengers.csv"), Commas);
        Assert.True(withHeader.IsHeaderNumeric);
    }

    [DataFact("")]
    public void Read_Cmapss_HasTwentySixColumnsOfAHundredEngines()
    {
        var format = new CsvFormat(CsvFormat.Blanks, HasHeader: false);
        var file = Repository.DataPath("cmapss/train_FD001.txt");
        var columns = SeriesColumns.Detect(file, format);
        Assert.Equal(Enumerable.Range(1, 26).Select(i => $"c{i}"), columns.Values);
        Assert.Null(columns.Time);
        using var reader = new SeriesReader(file, format, columns with { Group = "c1" });
        var engines = new HashSet<string>();
        var rows = 0;
        for (; reader.Read(); rows++)
        {
            engines.Add(reader.Group);
        }
        Assert.Equal((20_631, 100), (rows, engines.Count));
        Assert.Equal([100, 200, 23.0522], [reader.Values[0], reader.Values[1], reader.Values[25]]);
    }

    [DataFact("")]
    public void Read_Skab_EveryFileHasTheEightSensors()
    {
        var files = Directory.GetFiles(Repository.DataPath("skab"), "*.csv", SearchOption.AllDirectories);
        Assert.Equal(5, files.Length);
        foreach (var file in files)
        {
            var series = Read(file, new(';'));
            Assert.Equal("datetime", series.Columns.Time);
            Assert.Equal(["Accelerometer1RMS", "Accelerometer2RMS", "Current", "Pressure", "Temperature",
                "Thermocouple", "Voltage", "Volume Flow RateRMS"], series.Columns.Values.Take(8));
            Assert.InRange(series.Values.Count, 900, 10_000);
            Assert.All(series.Values, row => Assert.DoesNotContain(double.NaN, row));
        }
    }

    [DataFact("")]
    public void Read_Nab_EveryFileIsOneValueOverTime()
    {
        var files = Directory.GetFiles(Repository.DataPath("nab"), "*.csv", SearchOption.AllDirectories);
        Assert.InRange(files.Length, 34, 100);
        foreach (var file in files)
        {
            var series = Read(file, Commas);
            Assert.Equal("timestamp", series.Columns.Time);
            Assert.Equal(["value"], series.Columns.Values);
            Assert.Equal(File.ReadLines(file).Count() - 1, series.Values.Count);
            Assert.True(series.Times[0] < series.Times[^1]);
        }
    }

    private static (SeriesColumns Columns, List<double[]> Values, List<long> Times) Read(string file, CsvFormat format)
    {
        var path = Repository.DataPath(file);
        var columns = SeriesColumns.Detect(path, format);
        using var reader = new SeriesReader(path, format, columns);
        var values = new List<double[]>();
        var times = new List<long>();
        while (reader.Read())
        {
            values.Add(reader.Values.ToArray());
            times.Add(reader.Time ?? 0);
        }
        return (columns, values, times);
    }
}
