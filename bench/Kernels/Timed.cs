using System.Diagnostics;

namespace Realtime.Bench.Kernels;

/// <summary>Something timed in rounds that are interleaved with those of others.</summary>
internal sealed class Timed
{
    private readonly Action<int> _repeat;
    private readonly double _unitsPerCall;
    private readonly List<double> _rounds = [];
    private int _calls = 1;

    /// <param name="name">The row's label.</param>
    /// <param name="unitsPerCall">Steps of one call.</param>
    /// <param name="repeat">Makes so many calls.</param>
    public Timed(string name, double unitsPerCall, Action<int> repeat)
    {
        Name = name;
        _unitsPerCall = unitsPerCall;
        _repeat = repeat;
    }

    public string Name { get; }

    /// <summary>Nanoseconds per unit.</summary>
    public double Best => _rounds.Min();

    /// <summary>Nanoseconds per unit.</summary>
    public double Median => _rounds.Order().ElementAt(_rounds.Count / 2);

    /// <summary>Runs until compiled in full, then finds how many calls make a round.</summary>
    public void WarmUp(double seconds, double secondsPerRound)
    {
        long start = Stopwatch.GetTimestamp(), calls = 0;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < seconds)
        {
            _repeat(32);
            calls += 32;
        }

        var perCall = Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
        _calls = Math.Max(1, (int)(secondsPerRound / perCall));
    }

    public void Round()
    {
        var start = Stopwatch.GetTimestamp();
        _repeat(_calls);
        _rounds.Add(Stopwatch.GetElapsedTime(start).TotalNanoseconds / (_calls * _unitsPerCall));
    }
}
