namespace Realtime.Training.Learning;

/// <summary>
/// A small generator of random numbers whose whole state is its seed (G. Steele, D. Lea, C. Flood: Fast splittable
/// pseudorandom number generators, OOPSLA 2014). The same seed gives the same numbers on every machine.
/// </summary>
internal struct SplitMix64(ulong seed)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;
    private ulong _state = seed;

    /// <summary>A generator of its own for one purpose, whose numbers are mixed into the seed.</summary>
    public static SplitMix64 For(ulong seed, params ReadOnlySpan<int> purpose)
    {
        foreach (var part in purpose)
        {
            seed = Mix(seed + Golden) ^ (uint)part;
        }
        return new SplitMix64(Mix(seed + Golden));
    }

    public ulong Next() => Mix(_state += Golden);

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform in 0…limit−1; the bias of the modulus is below 2^-32.</summary>
    public int Below(int limit) => (int)(Next() % (uint)limit);

    /// <summary>Fisher and Yates' shuffle.</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var other = Below(i + 1);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
