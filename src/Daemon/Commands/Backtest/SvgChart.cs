using System.Globalization;
using System.Net;
using System.Text;

namespace Realtime.Daemon.Commands;

/// <summary>A line chart as inline SVG; colours come from the page's style, by the names of the lines' classes.
/// </summary>
internal sealed class SvgChart(string title)
{
    private const int Width = 900, Height = 260, Left = 64, Right = 12, Top = 12, Bottom = 28;
    private const int Marks = 5;

    private readonly List<(string Class, List<(double X, double Y)> Points)> _lines = [];
    private readonly List<(string Class, List<(double X, double Low, double High)> Points)> _bands = [];
    private (double Low, double High) _x = (double.NaN, double.NaN);
    private (double Low, double High) _y = (double.NaN, double.NaN);

    /// <summary>Points that are not finite part the line.</summary>
    public void Line(string cssClass, IEnumerable<(double X, double Y)> points)
    {
        var line = points.ToList();
        _lines.Add((cssClass, line));
        foreach (var (x, y) in line)
            Include(x, y);
    }

    /// <summary>The axes reach this point, too.</summary>
    public void Include(double x, double y)
    {
        if (!double.IsFinite(x) || !double.IsFinite(y))
            return;
        _x = (Least(_x.Low, x), Most(_x.High, x));
        _y = (Least(_y.Low, y), Most(_y.High, y));
    }

    /// <summary>A band below the lines; it does not stretch the axes, and is cut where it leaves them.</summary>
    public void Band(string cssClass, IEnumerable<(double X, double Low, double High)> points) =>
        _bands.Add((cssClass, points.Where(static point =>
            double.IsFinite(point.Low) && double.IsFinite(point.High)).ToList()));

    public void WriteTo(StringBuilder page)
    {
        if (!double.IsFinite(_x.Low))
            return;
        Widen();
        page.Append(Invariant($"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\">"));
        page.Append(Invariant($"<title>{WebUtility.HtmlEncode(title)}</title>"));
        WriteAxes(page);
        foreach (var (cssClass, points) in _bands)
            WriteBand(page, cssClass, points);
        foreach (var (cssClass, points) in _lines)
            WriteLine(page, cssClass, points);
        page.Append("</svg>\n");
    }

    private static double Least(double a, double b) => double.IsNaN(a) ? b : Math.Min(a, b);

    private static double Most(double a, double b) => double.IsNaN(a) ? b : Math.Max(a, b);

    // A little air above and below, and something to divide by.
    private void Widen()
    {
        var air = 0.06 * (_y.High - _y.Low);
        air = air > 0 ? air : Math.Max(1e-9, 0.1 * Math.Abs(_y.Low));
        _y = (_y.Low - air, _y.High + air);
        _x = _x.High > _x.Low ? _x : (_x.Low, _x.Low + 1);
    }

    private double PlaceX(double x) => Left + (x - _x.Low) / (_x.High - _x.Low) * (Width - Left - Right);

    private double PlaceY(double y) => Top + (_y.High - Math.Clamp(y, _y.Low, _y.High)) / (_y.High - _y.Low)
        * (Height - Top - Bottom);

    private void WriteAxes(StringBuilder page)
    {
        for (var i = 0; i < Marks; i++)
        {
            var share = i / (Marks - 1.0);
            var (x, y) = (_x.Low + share * (_x.High - _x.Low), _y.Low + share * (_y.High - _y.Low));
            var (left, top) = (PlaceX(x), PlaceY(y));
            page.Append(Invariant($"<line class=\"grid\" x1=\"{Left}\" y1=\"{top:f1}\" x2=\"{Width - Right}\""));
            page.Append(Invariant($" y2=\"{top:f1}\"/><text x=\"{Left - 6}\" y=\"{top + 4:f1}\" class=\"y\">"));
            page.Append(Invariant($"{ShortText.Number(y)}</text><text x=\"{left:f1}\" y=\"{Height - 8}\" "));
            page.Append(Invariant($"class=\"x\">{ShortText.Number(x)}</text>"));
        }
    }

    private void WriteBand(StringBuilder page, string cssClass, List<(double X, double Low, double High)> points)
    {
        if (points.Count == 0)
            return;
        page.Append(Invariant($"<polygon class=\"{cssClass}\" points=\""));
        foreach (var (x, _, high) in points)
            page.Append(Invariant($"{PlaceX(x):f1},{PlaceY(high):f1} "));
        foreach (var (x, low, _) in Enumerable.Reverse(points))
            page.Append(Invariant($"{PlaceX(x):f1},{PlaceY(low):f1} "));
        page.Append("\"/>");
    }

    private void WriteLine(StringBuilder page, string cssClass, List<(double X, double Y)> points)
    {
        var isDown = false;
        page.Append(Invariant($"<path class=\"{cssClass}\" d=\""));
        foreach (var (x, y) in points)
        {
            var isPoint = double.IsFinite(x) && double.IsFinite(y);
            if (isPoint)
                page.Append(Invariant($"{(isDown ? 'L' : 'M')}{PlaceX(x):f1} {PlaceY(y):f1}"));
            isDown = isPoint;
        }

        page.Append("\"/>");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
