using System.Buffers.Binary;
using System.Text;

namespace Realtime.Cells.Tests.Foreign;

/// <summary>
/// The protobuf wire format: fields of a message one after the other, each a number and a value (varint, 4 or 8 bytes,
/// or a length and bytes).
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;
    private int _wireType;

    /// <summary>Number of the field whose value comes next.</summary>
    public int Field { get; private set; }

    public bool TryNext()
    {
        if (_rest.IsEmpty) return false;
        ulong tag = ReadVarint();
        Field = (int)(tag >> 3);
        _wireType = (int)(tag & 7);
        return true;
    }

    public long ReadInteger() => _wireType == 0 ? (long)ReadVarint() : throw Wrong("an integer");

    public float ReadFloat() => _wireType == 5
        ? BinaryPrimitives.ReadSingleLittleEndian(Take(4))
        : throw Wrong("a float");

    public ReadOnlySpan<byte> ReadBytes() => _wireType == 2 ? Take(checked((int)ReadVarint())) : throw Wrong("bytes");

    public string ReadText() => Encoding.UTF8.GetString(ReadBytes());

    /// <summary>A repeated integer, packed or not.</summary>
    public void ReadIntegers(List<long> into)
    {
        if (_wireType == 0)
        {
            into.Add(ReadInteger());
            return;
        }

        var packed = new ProtobufReader(ReadBytes());
        while (!packed._rest.IsEmpty) into.Add((long)packed.ReadVarint());
    }

    /// <summary>A repeated float, packed or not.</summary>
    public void ReadFloats(List<float> into)
    {
        if (_wireType == 5)
        {
            into.Add(ReadFloat());
            return;
        }

        ReadOnlySpan<byte> packed = ReadBytes();
        for (int i = 0; i < packed.Length; i += 4) into.Add(BinaryPrimitives.ReadSingleLittleEndian(packed[i..]));
    }

    public void Skip()
    {
        switch (_wireType)
        {
            case 0:
                ReadVarint();
                break;
            case 1:
                Take(8);
                break;
            case 2:
                ReadBytes();
                break;
            case 5:
                Take(4);
                break;
            default:
                throw Wrong("a known wire type");
        }
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = Take(1)[0];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80) return value;
        }

        throw new InvalidDataException("a varint of more than 10 bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _rest.Length)
            throw new InvalidDataException($"field {Field}: expected {count} bytes, found {_rest.Length}");
        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    private readonly InvalidDataException Wrong(string expected) =>
        new($"field {Field}: expected {expected}, found wire type {_wireType}");
}
