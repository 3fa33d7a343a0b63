namespace Realtime.Cells.Tests.Support;

/// <summary>A fact about vector kernels; skipped where the machine has none.</summary>
internal sealed class VectorFactAttribute : FactAttribute
{
    public VectorFactAttribute()
    {
        if (Kernels.Available.Count == 1) Skip = "SKIPPED: this machine has no vector kernel (no fused multiply-add)";
    }
}

internal sealed class VectorTheoryAttribute : TheoryAttribute
{
    public VectorTheoryAttribute() => Skip = new VectorFactAttribute().Skip;
}
