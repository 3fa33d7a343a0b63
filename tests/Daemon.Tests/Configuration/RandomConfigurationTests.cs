using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Realtime.Daemon.Configuration;

namespace Realtime.Daemon.Tests.Configuration;

/// <summary>Mistakes anywhere in a file of any layout are reported where they stand.</summary>
public sealed class RandomConfigurationTests
{
    // The reader takes comments everywhere but between a key and its colon.
    private const int Blanks = 6;

    private static readonly string[] Spaces = ["", " ", "\n", "\r\n", "\t", "\n  ", "/* é */", "// 😀 \"{\n"];

    [Fact]
    public void Load_AnyKeyMistypedInAnyLayout_IsReportedAtItsPlace()
    {
        var cases =
            from seed in Gen.Choose(0, int.MaxValue - 1)
            from mistake in Gen.Choose(0, 3)
            select (seed, mistake);
        Prop.ForAll(cases.ToArbitrary(), each => Check(each.seed, each.mistake))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Load_AnyBytesChanged_GivesOptionsOrErrorsInTheFile()
    {
        var settings = Arb.From(Gen.Choose(0, int.MaxValue - 1));
        Prop.ForAll(settings, seed =>
        {
            var random = new Random(seed);
            var bytes = Encoding.UTF8.GetBytes(new Layout(random, mistake: 4).Text);
            for (var i = random.Next(1, 5); i > 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }
            using var file = ConfigurationFile.With(bytes);
            Assert.All(file.Errors(file.Load()),
                error => Assert.Matches(@"^f\.json:\d+:\d+: found .+, expected .+", error));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private static void Check(int seed, int mistake)
    {
        var layout = new Layout(new Random(seed), mistake);
        using var file = ConfigurationFile.With(layout.Text);
        var result = file.Load();
        var place = $"f.json:{layout.Line}:{layout.Column}: found the unknown key ";
        var error = Assert.Single(file.Errors(result));
        Assert.StartsWith(place, error, StringComparison.Ordinal);
        Assert.EndsWith($"; did you mean \"{layout.Original}\"?", error, StringComparison.Ordinal);
    }

    /// <summary>Every key with its default, in random order and white space, one key mistyped (kinds 0 to 3).</summary>
    private sealed class Layout
    {
        private readonly StringBuilder _text = new();
        private readonly Random _random;
        private readonly int _mistake;
        private int _keysLeft;

        public Layout(Random random, int mistake)
        {
            (_random, _mistake) = (random, mistake);
            var settings = ConfigurationSchema.All
                .Where(s => !s.Key.Contains('[') && !s.Key.StartsWith("security.curve.")).ToList();
            var sections = settings.GroupBy(s => s.Key.Split('.')[0]).ToArray();
            _keysLeft = random.Next(settings.Count + sections.Length - 1);
            random.Shuffle(sections);
            Write("{");
            foreach (var section in sections)
            {
                WriteSection(section.Key, section.ToArray());
            }
            Write("}");
            Text = _text.ToString();
        }

        public string Text { get; }
        public string Original { get; private set; } = "";
        public int Line { get; private set; }
        public int Column { get; private set; }

        private void WriteSection(string name, Setting[] settings)
        {
            _random.Shuffle(settings);
            WriteKey(name);
            if (settings[0].Key == name)
            {
                Write(settings[0].Default!);
            }
            else
            {
                Write("{");
                foreach (var setting in settings)
                {
                    WriteKey(setting.Key[(name.Length + 1)..]);
                    Write(setting.Default!);
                    Write(",");
                }
                Write("}");
            }
            Write(",");
        }

        private void WriteKey(string key)
        {
            if (_keysLeft-- == 0)
            {
                var before = _text.ToString();
                Original = key;
                Line = 1 + before.Count(c => c == '\n');
                Column = 1 + before[(before.LastIndexOf('\n') + 1)..].EnumerateRunes().Count();
                key = Mistype(key);
            }
            Write($"\"{key}\"{Spaces[_random.Next(Blanks)]}:");
        }

        private string Mistype(string key)
        {
            var at = _random.Next(key.Length);
            return _mistake switch
            {
                0 => key.Insert(at, "é"),
                1 => key.Remove(at, 1),
                2 => key[..at] + "#" + key[(at + 1)..],
                3 => key + "s",
                _ => key,
            };
        }

        private void Write(string token)
        {
            _text.Append(token);
            for (var i = _random.Next(3); i > 0; i--)
            {
                _text.Append(Spaces[_random.Next(Spaces.Length)]);
            }
        }
    }
}
