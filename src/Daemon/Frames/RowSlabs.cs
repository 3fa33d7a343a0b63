using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Realtime.Daemon.Frames;

/// <summary>Rows of one size in zeroed native memory: slabs of <see cref="Rows"/>, or fewer where rows are long, that
/// never move.</summary>
/// <remarks>
/// Large tables are visited in any order, where most of the time goes to finding pages: slabs behind the first few lie
/// together in memory that is asked to have huge pages.
/// </remarks>
internal sealed unsafe partial class RowSlabs : IDisposable
{
    /// <summary>Rows in a slab, but for long rows.</summary>
    public const int Rows = 1 << UsualShift;

    public const int LineBytes = 64;

    private const int UsualShift = 12;

    // A slab is zeroed between two ticks: a megabyte is a tenth of a millisecond, and its pages some more.
    private const int LongSlabBytes = 1 << 20;

    // Slabs with memory of their own, and how many share theirs from there on.
    private const int Together = 16;
    private const int HugePage = 1 << 21;
    private const int AdviseHugePages = 14;

    private readonly int _stride;
    private readonly int _shift = UsualShift;
    private readonly List<nint> _blocks = [];
    private nint[] _starts = [];

    /// <param name="bytes">Bytes of a row; rounded up to whole cache lines.</param>
    /// <param name="areLong">Rows may be thousands of bytes: slabs have as few as keep them short.</param>
    public RowSlabs(int bytes, bool areLong = false)
    {
        _stride = Math.Max(1, (bytes + LineBytes - 1) / LineBytes) * LineBytes;
        while (areLong && _shift > 0 && SlabBytes > LongSlabBytes)
            _shift--;
    }

    ~RowSlabs() => Free();

    public int Count { get; private set; }

    public long SlabBytes => (long)_stride << _shift;

    /// <summary>Bytes of all slabs.</summary>
    public long Bytes => Count * SlabBytes;

    /// <summary>Rows in all slabs.</summary>
    public int Capacity => Count << _shift;

    /// <summary>Bytes of a row, whole cache lines.</summary>
    public int RowBytes => _stride;

    /// <summary>The row's bytes; it is of a slab that was added.</summary>
    public byte* this[int row] => (byte*)_starts[row >> _shift] + (nint)(row & ((1 << _shift) - 1)) * _stride;

    /// <summary>Adds a slab of zeros.</summary>
    public void Add()
    {
        if (Count == _starts.Length)
            AddBlock(Count < Together ? 1 : Together);
        NativeMemory.Clear((void*)_starts[Count++], (nuint)SlabBytes);
    }

    /// <summary>Asks for the first cache lines of rows. An instruction that does so waits until its page is found, and
    /// what is behind it with it: a short loop finds several pages at once.</summary>
    public void Fetch(ReadOnlySpan<int> rows, int lines)
    {
        if (!Sse.IsSupported)
            return;
        var starts = _starts;
        nint stride = _stride;
        int shift = _shift, mask = (1 << shift) - 1, bytes = lines * LineBytes;
        foreach (var row in rows)
        {
            var line = (byte*)starts[row >> shift] + (row & mask) * stride;
            for (var end = line + bytes; line < end; line += LineBytes)
                Sse.Prefetch0(line);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void AddBlock(int slabs)
    {
        var bytes = (nuint)(slabs * SlabBytes);
        var isLarge = slabs > 1;
        var block = (byte*)NativeMemory.AlignedAlloc(bytes, (nuint)(isLarge ? HugePage : LineBytes));
        _blocks.Add((nint)block);
        if (isLarge && OperatingSystem.IsLinux())
            _ = Advise(block, bytes, AdviseHugePages);
        var starts = new nint[_starts.Length + slabs];
        _starts.CopyTo(starts, 0);
        for (var i = 0; i < slabs; i++)
            starts[_starts.Length + i] = (nint)(block + i * SlabBytes);
        _starts = starts;
    }

    private void Free()
    {
        foreach (var block in _blocks)
            NativeMemory.AlignedFree((void*)block);
        _blocks.Clear();
        _starts = [];
    }

    // Where it is refused, pages are small and all else is the same.
    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint bytes, int advice);
}
