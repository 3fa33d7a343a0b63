using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Realtime.Daemon.Frames.Snapshots;

/// <summary>Bytes of a snapshot on their way out: streams of one model, one behind the other, little endian.</summary>
/// <remarks>In native memory: blocks come by the megabyte when a snapshot begins, and must not make the loop wait for a
/// collection.</remarks>
public sealed unsafe class ImageBlock : IDisposable
{
    private byte* _bytes;
    private int _capacity;

    public ImageBlock(int capacity = 256 * 1024)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("snapshots are little endian");
        _bytes = (byte*)NativeMemory.Alloc((nuint)capacity);
        _capacity = capacity;
    }

    ~ImageBlock() => NativeMemory.Free(_bytes);

    /// <summary>Added to the kind of a block whose streams have learnt something, so that a reader that knows nothing
    /// of that does not take it for another.</summary>
    public const int Learning = 1 << 30;

    /// <summary>Index of the model in the snapshot's description.</summary>
    public int Model { get; private set; }

    /// <summary>What the file calls it: the model's index, and whether its streams learn.</summary>
    public int Kind { get; private set; }

    /// <summary>Streams in it.</summary>
    public int Rows { get; set; }

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => new(_bytes, Length);

    /// <summary>The model's index in a kind.</summary>
    public static int ModelOf(int kind) => kind & ~Learning;

    public void Begin(int model, bool learns = false) =>
        (Model, Kind, Rows, Length) = (model, learns ? model | Learning : model, 0, 0);

    public void Write<T>(T value)
        where T : unmanaged =>
        Unsafe.WriteUnaligned(ref Take(Unsafe.SizeOf<T>())[0], value);

    public void Write<T>(ReadOnlySpan<T> values)
        where T : unmanaged =>
        MemoryMarshal.AsBytes(values).CopyTo(Take(values.Length * Unsafe.SizeOf<T>()));

    /// <summary>Room for values that are filled in by the caller.</summary>
    public Span<byte> Take(int count)
    {
        ObjectDisposedException.ThrowIf((nint)_bytes == 0, this);
        if (_capacity - Length < count)
        {
            var capacity = Math.Max(2 * _capacity, Length + count);
            _bytes = (byte*)NativeMemory.Realloc(_bytes, (nuint)capacity);
            _capacity = capacity;
        }

        var span = new Span<byte>(_bytes + Length, count);
        Length += count;
        return span;
    }

    public void Dispose()
    {
        NativeMemory.Free(_bytes);
        _bytes = null;
        _capacity = Length = 0;
        GC.SuppressFinalize(this);
    }
}

/// <summary>Reads what an <see cref="ImageBlock"/> holds; running over its end is a damaged block.</summary>
public ref struct ImageReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <exception cref="InvalidDataException">The block is shorter than what it should hold.</exception>
    public T Read<T>()
        where T : unmanaged =>
        MemoryMarshal.Read<T>(Bytes(Unsafe.SizeOf<T>()));

    /// <exception cref="InvalidDataException">The block is shorter than what it should hold.</exception>
    public void Read<T>(Span<T> values)
        where T : unmanaged =>
        Bytes(values.Length * Unsafe.SizeOf<T>()).CopyTo(MemoryMarshal.AsBytes(values));

    /// <exception cref="InvalidDataException">The block is shorter than what it should hold.</exception>
    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _rest.Length)
            throw new InvalidDataException($"a block ends {count - _rest.Length} bytes short of what it should hold");
        var taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
