namespace Realtime.Gpu;

/// <summary>How a launch is cut into work groups.</summary>
/// <param name="Variant">The kernel.</param>
/// <param name="Units">Work items side by side.</param>
/// <param name="Parts">Rows of them, each with <see cref="KernelVariant.Streams"/> streams.</param>
/// <param name="TileBytes">Memory of a group.</param>
internal sealed record TileShape(KernelVariant Variant, int Units, int Parts, long TileBytes)
{
    // Lanes that run together on every GPU of today.
    private const int LeastUnits = 32;
    private const int Items = 256;

    // More streams share what a group reads of weights, up to where groups become too few.
    private const int GoodStreams = 32;

    public int Streams => Parts * Variant.Streams;

    public int Groups(int rows) => (int)(((long)rows + Streams - 1) / Streams);

    /// <summary>The shape for a variant; null where its tile does not fit.</summary>
    /// <param name="variant">The kernel.</param>
    /// <param name="plan">The model.</param>
    /// <param name="tileBytes">What a group can have.</param>
    /// <param name="largestGroup">Work items it can have.</param>
    public static TileShape? Of(KernelVariant variant, StepPlan plan, int tileBytes, int largestGroup)
    {
        int items = Math.Min(Items, largestGroup), units = Math.Min(LeastUnits, items);
        while (units < plan.LargestLayer && units < items) units *= 2;
        int parts = items / units;
        // A float4 beside those of the streams, and of each stream the place of its state: see PITCH in step.cl.
        long part = (variant.Streams + 1L) * plan.TileStride * sizeof(float) + variant.Streams * sizeof(ulong);
        if (!variant.IsWide)
        {
            while (units > 2 * LeastUnits
                && 2 * parts * variant.Streams <= GoodStreams && 2 * parts * part <= tileBytes)
                (units, parts) = (units / 2, 2 * parts);
            for (; parts > 1 && parts * part > tileBytes; parts /= 2)
                if (units < plan.LargestLayer) units *= 2;
            if (part > tileBytes) return null;
        }

        return new TileShape(variant, units, parts, parts * part);
    }
}
