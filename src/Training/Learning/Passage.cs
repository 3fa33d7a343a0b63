using System.Runtime.InteropServices;

namespace Realtime.Training.Learning;

/// <summary>
/// Numbers on their way into a checkpoint or out of it: the same calls in the same order do both, so that what is read
/// is what was written. Little-endian.
/// </summary>
internal sealed class Passage
{
    private readonly BinaryWriter? _to;
    private readonly BinaryReader? _from;

    public Passage(BinaryWriter to) => _to = to;

    public Passage(BinaryReader from) => _from = from;

    public bool IsReading => _from is not null;

    public void Whole(ref int value)
    {
        _to?.Write(value);
        value = _from?.ReadInt32() ?? value;
    }

    public void Number(ref double value)
    {
        _to?.Write(value);
        value = _from?.ReadDouble() ?? value;
    }

    public void Bytes(ref byte[] bytes)
    {
        _to?.Write(bytes.Length);
        _to?.Write(bytes);
        bytes = _from is null ? bytes : Exactly(_from.ReadInt32());
    }

    public void Floats(ref float[] floats)
    {
        var bytes = IsReading ? [] : MemoryMarshal.AsBytes(floats.AsSpan()).ToArray();
        Bytes(ref bytes);
        floats = IsReading ? MemoryMarshal.Cast<byte, float>(bytes).ToArray() : floats;
    }

    /// <summary>As many floats as there are.</summary>
    /// <exception cref="InvalidDataException">There are more or less of them in the checkpoint.</exception>
    public void Floats(Span<float> floats)
    {
        var copy = floats.ToArray();
        Floats(ref copy);
        if (copy.Length != floats.Length)
        {
            throw new InvalidDataException($"expected {floats.Length} numbers, found {copy.Length}");
        }
        copy.CopyTo(floats);
    }

    private byte[] Exactly(int count)
    {
        var bytes = count < 0 ? [] : _from!.ReadBytes(count);
        return bytes.Length == count ? bytes : throw new EndOfStreamException();
    }
}
