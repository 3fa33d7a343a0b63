namespace Realtime.Cells;

/// <summary>A difference, and where its number goes: among the network's inputs, or the extra features.</summary>
internal readonly record struct DerivedDifference(int Input, double Clip, double? Std, bool Network, int At);

/// <summary>A model's derived inputs, each with its place.</summary>
internal sealed class FeatureSet
{
    private readonly List<DerivedDifference> _differences = [];
    private readonly List<(Feature Feature, int At)> _times = [];
    private readonly double?[] _scales;

    public FeatureSet(Model model)
    {
        string[] inputs = [.. model.Inputs];
        _scales = Array.ConvertAll(inputs, name => ScaleOf(model.Forecast, name));
        int network = 0, extra = 0;
        for (int copy = 0; copy < model.Copies; copy++)
        {
            // Behind the inputs of the network, of which each copy has its own.
            network += model.One.Inputs.Count;
            foreach (Feature feature in model.Features)
            {
                ref int at = ref feature.Network ? ref network : ref extra;
                Place(feature, at, model.Copies > 1 ? copy : InputOf(feature, inputs));
                at += feature.Width;
            }
        }

        Differences = [.. _differences];
        TimePlaces = [.. _times.Where(one => one.Feature.Network)
            .SelectMany(one => Enumerable.Range(one.At, one.Feature.Width))];
    }

    public bool IsEmpty => _differences.Count == 0 && _times.Count == 0;
    public bool HasDifferences => _differences.Count > 0;
    public DerivedDifference[] Differences { get; }

    /// <summary>Where the network's numbers of the time stand among its inputs.</summary>
    public int[] TimePlaces { get; }

    /// <summary>The file's scale of an input's differences; null: it has none.</summary>
    public double? ScaleOf(int input) => _scales[input];

    /// <summary>Writes what depends on the tick's time; 0 where it has no plausible one.</summary>
    public void FillTimes(long time, Span<float> network, Span<float> extra)
    {
        foreach ((Feature feature, int at) in _times)
        {
            Span<float> to = feature.Network ? network : extra;
            if (to.IsEmpty) continue;
            to = to.Slice(at, feature.Width);
            if (!TimeOfWeek.IsPlausible(time)) to.Clear();
            else if (feature is HourFeature) TimeOfWeek.OfDay(time, to);
            else TimeOfWeek.OfWeek(time, to);
        }
    }

    private static int InputOf(Feature feature, string[] inputs) =>
        feature is DifferenceFeature difference ? Array.IndexOf(inputs, difference.Of) : 0;

    private void Place(Feature feature, int at, int input)
    {
        if (feature is DifferenceFeature difference)
        {
            _differences.Add(new DerivedDifference(
                input, difference.Clip, difference.Std, difference.Network, at));
        }
        else
        {
            _times.Add((feature, at));
        }
    }

    private static double? ScaleOf(Forecast forecast, string input)
    {
        int output = Array.IndexOf(forecast.Outputs, input);
        return output < 0 ? null : forecast.DifferenceStd?[output];
    }
}
