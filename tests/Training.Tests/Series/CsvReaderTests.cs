using FsCheck;
using FsCheck.Fluent;

namespace Realtime.Training.Tests.Series;

public sealed class CsvReaderTests
{
    private static readonly CsvFormat Semicolons = new(';');
    private static readonly CsvFormat Blanks = new(CsvFormat.Blanks, HasHeader: false);

    [Fact]
    public void Read_RowsUnderAHeader_GivesCellsAndLines()
    {
        using var reader = Reader("date, value ,\n\n2020-01-01,1.5,x\r\n  \n2020-01-02,-2e3,\n");
        Assert.Equal(["date", "value", "c3"], reader.Columns);
        Assert.True(reader.Read());
        Assert.Equal((3, 1.5), (reader.Line, reader.Number(1)));
        Assert.Equal(("2020-01-01", "x"), (reader[0].ToString(), reader[2].ToString()));
        Assert.True(reader.Read());
        Assert.Equal((5, -2000.0, ""), (reader.Line, reader.Number(1), reader[2].ToString()));
        Assert.True(double.IsNaN(reader.Number(2)));
        Assert.False(reader.Read());
        Assert.False(reader.Read());
    }

    [Fact]
    public void Read_WithoutHeader_NumbersTheColumnsAndKeepsTheFirstRow()
    {
        using var reader = Reader("112\n118\n", new(HasHeader: false));
        Assert.Equal(["c1"], reader.Columns);
        Assert.Equal([["112"], ["118"]], Rows(reader));
    }

    [Fact]
    public void Read_RunsOfBlanks_AreOneDelimiter()
    {
        Assert.Equal([["1", "2", "-0.5"], ["3", "4", "x"]], Rows(Reader("  1 \t 2  -0.5  \n3 4 x\n", Blanks)));
        Assert.Equal([["1", "a b", "2"]], Rows(Reader(" 1 \"a b\"\t2 \n", Blanks)));
    }

    [Fact]
    public void Read_QuotedCells_MayHoldAnything()
    {
        using var reader = Reader("a;\"b;\"\"c\"\"\"\n\" x \";\"two\nlines;\n\"\n 1 ; \"2\" \n", Semicolons);
        Assert.Equal(["a", "b;\"c\""], reader.Columns);
        Assert.True(reader.Read());
        Assert.Equal((2, " x ", "two\nlines;\n"), (reader.Line, reader[0].ToString(), reader[1].ToString()));
        Assert.True(reader.Read());
        Assert.Equal((5, "1", "2"), (reader.Line, reader[0].ToString(), reader[1].ToString()));
        Assert.False(reader.Read());
    }

    [Fact]
    public void Read_AnyCells_ComeBackAsTheyWere()
    {
        var cell = Gen.Elements('a', '1', '"', ',', '\n', ' ').ArrayOf().Select(letters => new string(letters));
        var tables =
            from width in Gen.Choose(1, 4)
            from rows in cell.ArrayOf(width).NonEmptyListOf()
            select rows.ToArray();
        Prop.ForAll(tables.ToArbitrary(), rows =>
        {
            var text = string.Concat(rows.Select(row =>
                string.Join(',', row.Select(c => $"\"{c.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")) + "\n"));
            Assert.Equal(rows, Rows(Reader(text, new(HasHeader: false))));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Theory]
    [InlineData("", "f.csv:1: found no row, expected a header and rows")]
    [InlineData("\n \n", "f.csv:1: found no row, expected a header and rows")]
    [InlineData("a,b,a\n", "f.csv:1: found two columns named \"a\", expected names that differ")]
    [InlineData("a,b\n1,2\n\n1,2,3\n", "f.csv:4: found 3 cells, expected 2, as in the first row")]
    [InlineData("a,b\n1\n", "f.csv:2: found 1 cells, expected 2, as in the first row")]
    [InlineData("a,b\n1,2\n\"3,4\n5,6\n", "f.csv:3: found a quote that does not close, expected its closing quote")]
    [InlineData("a,b\n\"3\"4,5\n",
        "f.csv:2: found '4' behind a closing quote, expected a delimiter or the end of the line")]
    [InlineData("a,b\n1,abc\n", "f.csv:2: found \"abc\" in column b, expected a number")]
    [InlineData("a,b\n1,1e999\n", "f.csv:2: found \"1e999\" in column b, expected a number")]
    [InlineData("a,b\n1,inf\n", "f.csv:2: found \"inf\" in column b, expected a number")]
    [InlineData("a,b\n1,\"2,5\"\n", "f.csv:2: found \"2,5\" in column b, expected a number")]
    public void Read_ABadFile_SaysWhereAndWhat(string text, string expected)
    {
        var exception = Assert.Throws<SeriesFormatException>(() =>
        {
            using var reader = Reader(text);
            while (reader.Read())
            {
                reader.Number(1);
            }
        });
        Assert.Equal(expected, exception.Message);
    }

    [Fact]
    public void Read_AQuoteThatNeverCloses_IsGivenUpBeforeTheEndOfALargeFile()
    {
        var text = new StringReader("a\n5\" pipe\n" + string.Concat(Enumerable.Repeat("0123456789\n", 200_000)));
        using var reader = new CsvReader(text, "f.csv", new());
        Assert.Throws<SeriesFormatException>(() => reader.Read());
        Assert.NotNull(text.ReadLine());
    }

    [Fact]
    public void Find_AColumnThatIsNotThere_NamesThoseThatAre()
    {
        using var reader = Reader("date,OT\n");
        Assert.Equal(1, reader.Find("OT"));
        var exception = Assert.Throws<SeriesFormatException>(() => reader.Find("ot"));
        Assert.Equal("f.csv:1: found no column \"ot\", expected one of date, OT", exception.Message);
    }

    [Theory]
    [InlineData("112\n118\n", true)]
    [InlineData("a,b\n1,2\n", false)]
    [InlineData("1,b\n1,2\n", false)]
    public void IsHeaderNumeric_AHeaderOfNumbers_IsSuspect(string text, bool expected)
    {
        Assert.Equal(expected, Reader(text).IsHeaderNumeric);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("NaN", true)]
    [InlineData("nan", true)]
    [InlineData("NA", true)]
    [InlineData("n/a", true)]
    [InlineData("NULL", true)]
    [InlineData("?", true)]
    [InlineData("0", false)]
    [InlineData("-", false)]
    [InlineData("nano", false)]
    public void IsMissing_ACell_KnowsTheUsualMarks(string cell, bool expected)
    {
        Assert.Equal(expected, CellText.IsMissing(cell));
    }

    [Theory]
    [InlineData(",", ',', true)]
    [InlineData("space", ' ', true)]
    [InlineData(" ", ' ', true)]
    [InlineData("tab", '\t', true)]
    [InlineData(";", ';', true)]
    [InlineData("\"", '\0', false)]
    [InlineData("", '\0', false)]
    [InlineData("::", '\0', false)]
    public void TryParseDelimiter_AName_IsACharacter(string text, char expected, bool isGood)
    {
        Assert.Equal(isGood, CsvFormat.TryParseDelimiter(text, out var delimiter));
        if (isGood)
        {
            Assert.Equal(expected, delimiter);
        }
    }

    private static CsvReader Reader(string text, CsvFormat? format = null) =>
        new(new StringReader(text), "f.csv", format ?? new());

    private static List<string[]> Rows(CsvReader reader)
    {
        var rows = new List<string[]>();
        using (reader)
        {
            while (reader.Read())
            {
                rows.Add([.. Enumerable.Range(0, reader.Columns.Count).Select(i => reader[i].ToString())]);
            }
        }
        return rows;
    }
}
