using System.Globalization;
using System.Net;
using System.Text;
using Realtime.Training.Learning.Forecasting;

namespace Realtime.Daemon.Commands;

/// <summary>
/// A picture of how training went: both losses over the epochs, on a logarithmic scale where they allow.
/// </summary>
internal sealed class LossCurve
{
    private const int Width = 720, Height = 400, Left = 70, Right = 20, Top = 44, Bottom = 46;
    private const string LearningColour = "#8a8f98", JudgingColour = "#0b6bcb";

    private readonly IReadOnlyList<EpochReport> _epochs;
    private readonly bool _isLogarithmic;
    private readonly double _low;
    private readonly double _high;
    private readonly StringBuilder _svg = new();

    private LossCurve(IReadOnlyList<EpochReport> epochs)
    {
        _epochs = epochs;
        double[] losses = [.. epochs.SelectMany(static epoch => new[] { epoch.Loss, epoch.ValidationLoss })
            .Where(double.IsFinite)];
        _isLogarithmic = losses.Length > 0 && losses.Min() > 0;
        (_low, _high) = losses.Length == 0 ? (0, 1) : (Scaled(losses.Min()), Scaled(losses.Max()));
        if (_high - _low < 1e-9)
            (_low, _high) = (_low - 0.5, _high + 0.5);
    }

    public static void Write(string path, string name, TrainedForecaster result) =>
        File.WriteAllText(path, new LossCurve(result.Epochs).Draw(name, result.BestEpoch));

    private string Draw(string name, int best)
    {
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\"");
        Add($" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#333\">");
        Add($"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>");
        Add($"<text x=\"{Left}\" y=\"24\" font-size=\"15\">{WebUtility.HtmlEncode(name)}</text>");
        DrawAxes();
        DrawLine(LearningColour, static epoch => epoch.Loss);
        DrawLine(JudgingColour, static epoch => epoch.ValidationLoss);
        DrawBest(best);
        DrawLegend();
        _svg.Append("</svg>\n");
        return _svg.ToString();
    }

    private void DrawAxes()
    {
        const int Lines = 4;
        for (var i = 0; i <= Lines; i++)
        {
            var at = _low + (_high - _low) * i / Lines;
            var y = YOf(at);
            Add($"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:f1}\" y2=\"{y:f1}\" stroke=\"#e3e5e8\"/>");
            Add($"<text x=\"{Left - 8}\" y=\"{y + 4:f1}\" text-anchor=\"end\">{Unscaled(at):g3}</text>");
        }

        var last = _epochs.Count;
        foreach (var epoch in new[] { 1, (last + 1) / 2, last }.Distinct())
            Add($"<text x=\"{XOf(epoch):f1}\" y=\"{Height - 24}\" text-anchor=\"middle\">{epoch}</text>");
        Add($"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 6}\" text-anchor=\"middle\">epoch</text>");
    }

    private void DrawLine(string colour, Func<EpochReport, double> loss)
    {
        var points = _epochs.Where(epoch => double.IsFinite(loss(epoch))).Select(epoch =>
            string.Create(CultureInfo.InvariantCulture, $"{XOf(epoch.Epoch):f1},{YOf(Scaled(loss(epoch))):f1}"));
        var line = string.Join(' ', points);
        Add($"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\" points=\"{line}\"/>");
    }

    private void DrawBest(int best)
    {
        var loss = _epochs[best - 1].ValidationLoss;
        Add($"<circle cx=\"{XOf(best):f1}\" cy=\"{YOf(Scaled(loss)):f1}\" r=\"4\" fill=\"{JudgingColour}\">");
        Add($"<title>epoch {best}: {loss:g5}</title></circle>");
    }

    private void DrawLegend()
    {
        var x = Width - Right;
        Add($"<text x=\"{x}\" y=\"24\" text-anchor=\"end\"><tspan fill=\"{LearningColour}\">loss</tspan>");
        Add($"<tspan fill=\"{JudgingColour}\" dx=\"12\">validation loss, ● the one kept</tspan></text>");
    }

    private double Scaled(double loss) => _isLogarithmic ? Math.Log10(loss) : loss;

    private double Unscaled(double at) => _isLogarithmic ? Math.Pow(10, at) : at;

    private double XOf(int epoch) =>
        Left + (Width - Left - Right) * (_epochs.Count == 1 ? 0.5 : (epoch - 1.0) / (_epochs.Count - 1));

    private double YOf(double at) => Height - Bottom - (Height - Top - Bottom) * (at - _low) / (_high - _low);

    private void Add(FormattableString line) => _svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
