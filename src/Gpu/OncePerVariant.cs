namespace Realtime.Gpu;

/// <summary>What is made of the kernels' source for a context, once for each variant. Safe to share.</summary>
internal sealed class OncePerVariant(Func<KernelVariant, nint> make)
{
    private readonly Lock _making = new();
    private readonly Dictionary<string, nint> _made = [];

    /// <summary>All that were made; for the end, when nothing is made any more.</summary>
    public IEnumerable<nint> All => _made.Values;

    public nint Of(KernelVariant variant)
    {
        lock (_making)
        {
            if (_made.TryGetValue(variant.Name, out nint one)) return one;
            one = make(variant);
            _made.Add(variant.Name, one);
            return one;
        }
    }
}
