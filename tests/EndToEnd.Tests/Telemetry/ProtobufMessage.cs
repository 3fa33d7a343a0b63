using System.Buffers.Binary;
using System.Text;

namespace Realtime.EndToEnd.Tests.Telemetry;

/// <summary>The fields of a protobuf message as they lie on the wire; what they mean is the reader's business.
/// </summary>
internal sealed class ProtobufMessage
{
    private readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Bytes)> _fields = [];

    /// <exception cref="InvalidDataException">It is no protobuf message.</exception>
    public ProtobufMessage(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var key = Varint(ref bytes);
            var (number, type) = ((int)(key >> 3), (int)(key & 7));
            switch (type)
            {
                case 0:
                    _fields.Add((number, Varint(ref bytes), default));
                    break;
                case 1:
                    _fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span), default));
                    bytes = bytes[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref bytes);
                    _fields.Add((number, 0, bytes[..length]));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span), default));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"wire type {type}");
            }
        }
    }

    public bool Has(int number) => _fields.Exists(field => field.Number == number);

    public ulong Number(int number) => _fields.FindLast(field => field.Number == number).Value;

    public long Zigzag(int number)
    {
        var value = Number(number);
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public double Double(int number) => BitConverter.UInt64BitsToDouble(Number(number));

    public string Text(int number) =>
        Encoding.UTF8.GetString(_fields.FindLast(field => field.Number == number).Bytes.Span);

    public string Hex(int number) =>
        Convert.ToHexStringLower(_fields.FindLast(field => field.Number == number).Bytes.Span);

    public IEnumerable<ProtobufMessage> Messages(int number) =>
        _fields.Where(field => field.Number == number).Select(static field => new ProtobufMessage(field.Bytes));

    public ProtobufMessage Message(int number) => Messages(number).LastOrDefault() ?? new ProtobufMessage(default);

    /// <summary>Whole numbers, packed or not.</summary>
    public ulong[] Numbers(int number)
    {
        var all = new List<ulong>();
        foreach (var field in _fields.Where(field => field.Number == number))
        {
            if (field.Bytes.IsEmpty)
                all.Add(field.Value);
            for (var bytes = field.Bytes; !bytes.IsEmpty;)
                all.Add(Varint(ref bytes));
        }

        return [.. all];
    }

    private static ulong Varint(ref ReadOnlyMemory<byte> bytes)
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var one = bytes.Span[0];
            bytes = bytes[1..];
            value |= (ulong)(one & 0x7f) << shift;
            if (one < 0x80)
                return value;
        }

        throw new InvalidDataException("a number of more than 64 bits");
    }
}
