using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Tests.Frames;

public sealed class StreamPatternTests
{
    [Theory]
    [InlineData("*", "anything/at all", true)]
    [InlineData("*", "", true)]
    [InlineData("pump/*", "pump/1/vibration", true)]
    [InlineData("pump/*", "pump/", true)]
    [InlineData("pump/*", "pump", false)]
    [InlineData("pump/*", "xpump/1", false)]
    [InlineData("pump", "pump", true)]
    [InlineData("pump", "pump1", false)]
    [InlineData("pump", "Pump", false)]
    [InlineData("*/temp", "a/b/temp", true)]
    [InlineData("*/temp", "a/b/temp/x", false)]
    [InlineData("s?", "s1", true)]
    [InlineData("s?", "s", false)]
    [InlineData("s?", "s12", false)]
    [InlineData("s?x", "s°x", true)]
    [InlineData("s?x", "s€x", true)]
    [InlineData("s?x", "s😀x", true)]
    [InlineData("s??x", "s😀x", false)]
    [InlineData("s°", "s±", false)]
    [InlineData("a*b*c", "a1b2b3c", true)]
    [InlineData("a*b*c", "acb", false)]
    [InlineData("a**?", "a", false)]
    [InlineData("a**?", "ab", true)]
    [InlineData("?*é", "éé", true)]
    [InlineData("*[x]", "a[x]", true)]
    public void Matches_APatternAndAName_AsDocumented(string pattern, string name, bool expected)
    {
        Assert.Equal(expected, new StreamPattern(pattern).Matches(Encoding.UTF8.GetBytes(name)));
    }

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(255)]
    public void Matches_PatternAtTheEdgesOfAWord_ComparesEveryByte(int length)
    {
        var text = string.Concat(Enumerable.Range(0, length).Select(i => (char)('a' + i % 26)));
        var name = Encoding.UTF8.GetBytes(text);
        Assert.True(new StreamPattern(text).Matches(name));
        Assert.True(new StreamPattern(new string('?', length)).Matches(name));
        Assert.False(new StreamPattern(text).Matches(name.AsSpan(1)));
        for (var i = 0; i < length; i++)
        {
            name[i]++;
            Assert.False(new StreamPattern(text).Matches(name));
            name[i]--;
        }
    }

    [Fact]
    public void Matches_RandomPatternsAndNames_AgreesWithTheDefinition()
    {
        var letters = Gen.Elements("a", "b", "/", "é", "😀");
        var tokens = Gen.Elements("a", "b", "/", "é", "😀", "?", "*", "*");
        var cases =
            from pattern in tokens.ListOf().Where(list => list.Count > 0)
            from name in letters.ListOf()
            select (Pattern: string.Concat(pattern), Name: string.Concat(name));
        Prop.ForAll(cases.ToArbitrary(), each =>
                Defined(Runes(each.Pattern), Runes(each.Name))
                    == new StreamPattern(each.Pattern).Matches(Encoding.UTF8.GetBytes(each.Name)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(12));
    }

    [Fact]
    public void Matches_HostilePatternAndName_LooksAtEachByteOnce()
    {
        var pattern = new StreamPattern(string.Concat(Enumerable.Repeat("*a", 127)) + "b");
        var name = Enumerable.Repeat((byte)'a', 1_000_000).ToArray();
        Assert.False(pattern.Matches(name));
        Assert.True(new StreamPattern(string.Concat(Enumerable.Repeat("*a", 127))).Matches(name));
    }

    [Fact]
    public void Matches_Warm_AllocatesNothing()
    {
        var pattern = new StreamPattern("pump/*/t?mp");
        var name = "pump/17/temp"u8.ToArray();
        Assert.True(pattern.Matches(name));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            pattern.Matches(name);
        }
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public void Constructor_PatternOfAWrongLength_Throws(int length)
    {
        Assert.Throws<ArgumentException>(() => new StreamPattern(new string('a', length)));
    }

    [Fact]
    public void Find_SeveralModelsMatch_TakesTheFirst()
    {
        var routes = new ModelRoutes([["pump/*", "valve/?"], ["pump*"]]);
        Assert.Equal(0, routes.Find("pump/1"u8));
        Assert.Equal(0, routes.Find("valve/2"u8));
        Assert.Equal(1, routes.Find("pumps"u8));
        Assert.Equal(-1, routes.Find("valve/22"u8));
    }

    private static Rune[] Runes(string text) => [.. text.EnumerateRunes()];

    // The definition, by recursion over characters.
    private static bool Defined(ReadOnlySpan<Rune> pattern, ReadOnlySpan<Rune> name)
    {
        if (pattern.IsEmpty)
        {
            return name.IsEmpty;
        }
        if (pattern[0].Value == '*')
        {
            return Defined(pattern[1..], name) || (!name.IsEmpty && Defined(pattern, name[1..]));
        }
        return !name.IsEmpty && (pattern[0].Value == '?' || pattern[0] == name[0])
            && Defined(pattern[1..], name[1..]);
    }
}
