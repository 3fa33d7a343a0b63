using System.Text;

namespace Realtime.Daemon.Commands;

/// <summary>Text for <c>man</c>: each method adds a paragraph or a heading.</summary>
internal sealed class Roff
{
    // Of the last change of what is not made from tables.
    private const string Date = "2026-11-22";
    private const int Columns = 79;

    private readonly StringBuilder _text = new();
    private bool _isBegun;

    /// <param name="name">"realtimed".</param>
    /// <param name="section">1, 5 or 7.</param>
    /// <param name="title">What the section is called.</param>
    public Roff(string name, int section, string title) =>
        _text.Append($".TH {name.ToUpperInvariant()} {section} \"{Date}\" \"realtimed\" \"{title}\"\n");

    public Roff Heading(string text) => Begin($".SH {text.ToUpperInvariant()}");

    public Roff Subheading(string text) => Begin($".SS {Quote(text)}");

    public Roff Paragraph(string text) => Part().Text(text);

    /// <summary>Text in lines that fit.</summary>
    public Roff Text(string text)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' '))
        {
            if (line.Length != 0 && line.Length + 1 + word.Length > Columns * 9 / 10)
            {
                Line(Escape(line.ToString()));
                line.Clear();
            }

            line.Append(line.Length == 0 ? "" : " ").Append(word);
        }

        return Line(Escape(line.ToString()));
    }

    /// <summary>A term in bold, and what is said of it.</summary>
    public Roff Term(string term, string text) => Line(".TP").Line($".B {Escape(term)}").Text(text);

    /// <summary>A term of bold and slanted parts in turns.</summary>
    public Roff Term(IEnumerable<string> parts, string text)
    {
        Line(".TP").Line(string.Concat(parts.Select(static (part, i) => (i % 2 == 0 ? "\\fB" : "\\fI") + Escape(part)))
            + "\\fR");
        return Text(text);
    }

    public Roff Code(params string[] lines)
    {
        Part().Line(".nf").Line(".RS 4");
        foreach (var line in lines)
            Line(line.Length == 0 ? ".sp" : Escape(line));
        return Line(".RE").Line(".fi");
    }

    /// <summary>One line as it is.</summary>
    public Roff Line(string line)
    {
        _isBegun = false;
        _text.Append(line).Append('\n');
        return this;
    }

    public override string ToString() => _text.ToString();

    public static string Escape(string text)
    {
        var escaped = text.Replace("\\", "\\e").Replace("-", "\\-").Replace("→", "\\->").Replace("–", "\\(en");
        return escaped.StartsWith('.') || escaped.StartsWith('\'') ? "\\&" + escaped : escaped;
    }

    private Roff Begin(string heading)
    {
        Line(heading);
        _isBegun = true;
        return this;
    }

    // A heading begins a paragraph of its own.
    private Roff Part() => _isBegun ? this : Line(".PP");

    private static string Quote(string text) => $"\"{Escape(text).Replace("\"", "\\(dq")}\"";
}
