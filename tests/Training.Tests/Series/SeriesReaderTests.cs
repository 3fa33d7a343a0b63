namespace Realtime.Training.Tests.Series;

public sealed class SeriesReaderTests : IDisposable
{
    private static readonly CsvFormat Default = new();

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Detect_DatesNumbersAndText_TellsThemApart()
    {
        Write("name,when,a,b,empty,mixed\nx,2020-01-01,,1,,2\ny,2020-01-02,3,nan,,two\n");
        Same(new(["a", "b"], "when"), SeriesColumns.Detect(_file, Default));
    }

    [Fact]
    public void Detect_UnixSeconds_AreTheTimeByTheirName()
    {
        Write("value,Timestamp\n1,1467331200\n");
        Same(new(["value"], "Timestamp"), SeriesColumns.Detect(_file, Default));
        Write("value,ticks\n1,1467331200\n");
        Same(new(["value", "ticks"]), SeriesColumns.Detect(_file, Default));
    }

    [Fact]
    public void Detect_TwoDateColumns_TakesTheFirst()
    {
        Write("a,b,v\n2020-01,2020-02,1\n");
        Same(new(["v"], "a"), SeriesColumns.Detect(_file, Default));
    }

    [Fact]
    public void Read_ChosenColumns_GivesValuesTimeAndGroup()
    {
        Write("t,unit,a,b\n1949-01,u1,1,\n1949-02,u1,NA,4\n1949-03,u2,5,6\n");
        using var reader = new SeriesReader(_file, Default, new(["b", "a"], "t", "unit"));
        var rows = new List<(string, double, double, long?, int)>();
        while (reader.Read())
        {
            rows.Add((reader.Group, reader.Values[0], reader.Values[1], reader.Time, reader.Line));
        }
        Assert.Equal(
            [
                ("u1", double.NaN, 1, -662688000_000_000_000, 2),
                ("u1", 4, double.NaN, -660009600_000_000_000, 3),
                ("u2", 6, 5, -657590400_000_000_000, 4),
            ],
            rows);
    }

    [Fact]
    public void Read_WithoutTimeAndGroup_HasNone()
    {
        Write("1\n");
        using var reader = new SeriesReader(_file, new(HasHeader: false), new(["c1"]));
        Assert.True(reader.Read());
        Assert.Null(reader.Time);
        Assert.Equal("", reader.Group);
    }

    [Fact]
    public void Read_ABadCell_NamesFileLineAndColumn()
    {
        Write("t,v\n2020-01-01,1\n2020-01-32,2\n");
        using var reader = new SeriesReader(_file, Default, new(["v"], "t"));
        Assert.True(reader.Read());
        var exception = Assert.Throws<SeriesFormatException>(() => reader.Read());
        Assert.StartsWith($"{_file}:3: found \"2020-01-32\" in column t, expected a time such as ", exception.Message);
    }

    [Fact]
    public void Constructor_NoSuchColumnOrNone_SaysWhatThereIs()
    {
        Write("name,kind\nx,y\n");
        var exception = Assert.Throws<SeriesFormatException>(() => new SeriesReader(_file, Default, new(["v"])));
        Assert.Equal($"{_file}:1: found no column \"v\", expected one of name, kind", exception.Message);
        exception = Assert.Throws<SeriesFormatException>(() =>
            new SeriesReader(_file, Default, SeriesColumns.Detect(_file, Default)));
        Assert.Equal($"{_file}:1: found no column of numbers among name, kind, expected at least one",
            exception.Message);
    }

    [Fact]
    public void Read_ALargeFile_HoldsOneRow()
    {
        Write("t,v\n" + string.Concat(Enumerable.Range(0, 50_000).Select(i => $"{i},{i}.5\n")));
        using var reader = new SeriesReader(_file, Default, new(["v"], "t"));
        Assert.True(reader.Read());
        var before = GC.GetAllocatedBytesForCurrentThread();
        var sum = 0.0;
        while (reader.Read())
        {
            sum += reader.Values[0];
        }
        Assert.Equal(50_000.0 * 49_999 / 2 + 49_999 * 0.5, sum);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 50_000, 0, 100);
    }

    private static void Same(SeriesColumns expected, SeriesColumns actual)
    {
        Assert.Equal(expected.Values, actual.Values);
        Assert.Equal((expected.Time, expected.Group), (actual.Time, actual.Group));
    }

    private void Write(string text) => File.WriteAllText(_file, text);
}
