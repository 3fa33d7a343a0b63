using System.Runtime.InteropServices;

namespace Realtime.Cells.States;

/// <summary>Zeroed native floats on a 64-byte boundary, so that every vector load is an aligned one.</summary>
internal sealed unsafe partial class AlignedFloats : IDisposable
{
    private const int HugePage = 1 << 21;
    private const int AdviseHugePages = 14;

    public const int Alignment = 64;

    /// <summary>Floats of the widest vector; rows and tiles are padded to a multiple of it.</summary>
    public const int Lanes = Alignment / sizeof(float);

    public AlignedFloats(long count) : this(count, Alignment)
    {
        NativeMemory.Clear(Pointer, (nuint)Bytes);
    }

    /// <summary>Memory that is asked to have huge pages, and is not zeroed: for what is visited in any order.</summary>
    public static AlignedFloats Huge(long count)
    {
        var floats = new AlignedFloats(count, HugePage);
        if (OperatingSystem.IsLinux()) _ = Advise(floats.Pointer, (nuint)floats.Bytes, AdviseHugePages);
        return floats;
    }

    private AlignedFloats(long count, int alignment)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Count = count;
        Bytes = Math.Max(count, Lanes) * sizeof(float);
        Pointer = (float*)NativeMemory.AlignedAlloc((nuint)Bytes, (nuint)alignment);
    }

    ~AlignedFloats() => Free();

    public float* Pointer { get; private set; }
    public long Count { get; }
    public long Bytes { get; }

    public static int Padded(int count) => (count + Lanes - 1) / Lanes * Lanes;

    public Span<float> Span(long start, int length)
    {
        if (start < 0 || length < 0 || start + length > Count) throw new ArgumentOutOfRangeException(nameof(start));
        return new Span<float>(Pointer + start, length);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }

    // Where it is refused, pages are small and all else is the same.
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint bytes, int advice);
}
