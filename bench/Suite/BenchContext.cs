namespace Realtime.Bench.Suite;

/// <summary>What every part of the suite is given.</summary>
internal sealed class BenchContext(string folder, string daemon, bool quick)
{
    /// <summary>Has the peers' programs; gets models and results.</summary>
    public string Folder { get; } = folder;

    /// <summary>The program measured end to end.</summary>
    public string Daemon { get; } = daemon;

    public bool Quick { get; } = quick;

    /// <summary>How often each measurement is repeated, peers in turn.</summary>
    public int Rounds => Quick ? 5 : 9;

    public Results Results { get; } = new(folder);

    public string PathOf(string name) => Path.Combine(Folder, name);
}
