using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Realtime.Daemon.Frames.Snapshots;

/// <summary>Bytes of a snapshot on their way out: streams of one model, one behind the other, little endian.</summary>
public sealed class ImageBlock
{
    private byte[] _bytes;

    public ImageBlock(int capacity = 256 * 1024)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("snapshots are little endian");
        _bytes = new byte[capacity];
    }

    /// <summary>Index of the model in the snapshot's description.</summary>
    public int Model { get; private set; }

    /// <summary>Streams in it.</summary>
    public int Rows { get; set; }

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Begin(int model) => (Model, Rows, Length) = (model, 0, 0);

    public void Write<T>(T value)
        where T : unmanaged =>
        Unsafe.WriteUnaligned(ref Take(Unsafe.SizeOf<T>())[0], value);

    public void Write<T>(ReadOnlySpan<T> values)
        where T : unmanaged =>
        MemoryMarshal.AsBytes(values).CopyTo(Take(values.Length * Unsafe.SizeOf<T>()));

    /// <summary>Room for values that are filled in by the caller.</summary>
    public Span<byte> Take(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + count));
        var span = _bytes.AsSpan(Length, count);
        Length += count;
        return span;
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
