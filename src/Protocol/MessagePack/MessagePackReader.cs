using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Realtime.Protocol.MessagePack;

/// <summary>
/// Reads MessagePack elements from a span, one after the other, without allocating and without throwing.
/// </summary>
/// <remarks>
/// Every <c>Try</c> member returns false, and leaves <see cref="Position"/> where it was, when the element is
/// truncated or of another type. A length or count that the bytes behind it cannot hold is truncated, so a count
/// that was read bounds the work of a loop over it.
/// </remarks>
public ref struct MessagePackReader
{
    /// <summary>How many arrays and maps may be nested in one element.</summary>
    public const int MaximumDepth = 32;

    private readonly ReadOnlySpan<byte> _buffer;
    private int _position;

    /// <param name="buffer">The bytes to read.</param>
    /// <param name="position">Where in them to start, 0 to their length.</param>
    public MessagePackReader(ReadOnlySpan<byte> buffer, int position = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)position, (uint)buffer.Length, nameof(position));
        _buffer = buffer;
        _position = position;
    }

    /// <summary>The offset of the next element.</summary>
    public readonly int Position => _position;

    /// <summary>Whether all bytes have been read.</summary>
    public readonly bool AtEnd => _position == _buffer.Length;

    /// <summary>The type of the next element, <see cref="MessagePackType.None"/> at the end.</summary>
    public readonly MessagePackType NextType =>
        _position < _buffer.Length ? MessagePackCode.TypeOf(_buffer[_position]) : MessagePackType.None;

    private readonly ReadOnlySpan<byte> Rest => _buffer[_position..];

    public bool TryReadNil()
    {
        if (_position >= _buffer.Length || _buffer[_position] != MessagePackCode.Nil)
            return false;
        _position++;
        return true;
    }

    public bool TryReadBoolean(out bool value)
    {
        byte code = _position < _buffer.Length ? _buffer[_position] : MessagePackCode.NeverUsed;
        value = code == MessagePackCode.True;
        if (!value && code != MessagePackCode.False)
            return false;
        _position++;
        return true;
    }

    /// <summary>Reads any number as a double; an integer of more than 53 bits is rounded.</summary>
    public bool TryReadDouble(out double value)
    {
        ReadOnlySpan<byte> rest = Rest;
        if (rest.Length >= 9 && rest[0] == MessagePackCode.Float64)
        {
            value = BinaryPrimitives.ReadDoubleBigEndian(rest[1..]);
            _position += 9;
            return true;
        }
        if (rest.Length >= 5 && rest[0] == MessagePackCode.Float32)
        {
            value = BinaryPrimitives.ReadSingleBigEndian(rest[1..]);
            _position += 5;
            return true;
        }
        int size = MeasureInteger(rest, out ulong bits, out bool negative);
        value = negative ? (long)bits : bits;
        _position += size;
        return size > 0;
    }

    /// <summary>Reads any number that is a whole one from 0 to 2^64-1; false for every other.</summary>
    public bool TryReadUInt64(out ulong value)
    {
        int size = MeasureInteger(Rest, out value, out bool negative);
        if (size > 0 && !negative)
        {
            _position += size;
            return true;
        }
        value = 0;
        if (NextType != MessagePackType.Float)
            return false;
        int start = _position;
        if (TryReadDouble(out double number) && number >= 0 && number < 18446744073709551616.0)
        {
            value = (ulong)number;
            if (value == number)
                return true;
            value = 0;
        }
        _position = start;
        return false;
    }

    /// <summary>Reads any number that is a whole one from -2^63 to 2^63-1; false for every other.</summary>
    public bool TryReadInt64(out long value)
    {
        int size = MeasureInteger(Rest, out ulong bits, out bool negative);
        value = (long)bits;
        if (size > 0 && (negative || value >= 0))
        {
            _position += size;
            return true;
        }
        value = 0;
        if (NextType != MessagePackType.Float)
            return false;
        int start = _position;
        if (TryReadDouble(out double number) && number >= -9223372036854775808.0 && number < 9223372036854775808.0)
        {
            value = (long)number;
            if (value == number)
                return true;
            value = 0;
        }
        _position = start;
        return false;
    }

    /// <summary>Reads a string as its bytes, which are not checked to be UTF-8.</summary>
    public bool TryReadString(out ReadOnlySpan<byte> utf8)
    {
        ReadOnlySpan<byte> rest = Rest;
        utf8 = default;
        if (rest.IsEmpty)
            return false;
        uint length;
        int header;
        byte code = rest[0];
        if ((code & 0xe0) == MessagePackCode.FixString)
        {
            length = (uint)code & 0x1f;
            header = 1;
        }
        else if (code is < MessagePackCode.String8 or > MessagePackCode.String32
            || !TryReadLength(rest, code - MessagePackCode.String8, out length, out header))
        {
            return false;
        }
        return TryTake(rest, header, length, out utf8);
    }

    /// <summary>Reads a bin element.</summary>
    public bool TryReadBinary(out ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = Rest;
        data = default;
        return !rest.IsEmpty
            && rest[0] is >= MessagePackCode.Binary8 and <= MessagePackCode.Binary32
            && TryReadLength(rest, rest[0] - MessagePackCode.Binary8, out uint length, out int header)
            && TryTake(rest, header, length, out data);
    }

    /// <summary>Reads an array's header; its elements follow. The bytes that follow are at least as many.</summary>
    public bool TryReadArrayHeader(out int count)
    {
        ReadOnlySpan<byte> rest = Rest;
        count = 0;
        if (rest.IsEmpty)
            return false;
        byte code = rest[0];
        uint length;
        int header = 1;
        if ((code & 0xf0) == MessagePackCode.FixArray)
            length = (uint)code & 0x0f;
        else if (code is not (MessagePackCode.Array16 or MessagePackCode.Array32)
            || !TryReadLength(rest, code - MessagePackCode.Array16 + 1, out length, out header))
            return false;
        if (length > (uint)(rest.Length - header))
            return false;
        count = (int)length;
        _position += header;
        return true;
    }

    /// <summary>Reads a map's header; a key and a value follow for each of <paramref name="count"/>.</summary>
    public bool TryReadMapHeader(out int count)
    {
        ReadOnlySpan<byte> rest = Rest;
        count = 0;
        if (rest.IsEmpty)
            return false;
        byte code = rest[0];
        uint length;
        int header = 1;
        if ((code & 0xf0) == MessagePackCode.FixMap)
            length = (uint)code & 0x0f;
        else if (code is not (MessagePackCode.Map16 or MessagePackCode.Map32)
            || !TryReadLength(rest, code - MessagePackCode.Map16 + 1, out length, out header))
            return false;
        if (length > (uint)(rest.Length - header) / 2)
            return false;
        count = (int)length;
        _position += header;
        return true;
    }

    /// <summary>Reads an extension of any type.</summary>
    public bool TryReadExtension(out sbyte type, out ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = Rest;
        type = 0;
        data = default;
        if (rest.IsEmpty)
            return false;
        byte code = rest[0];
        uint length;
        int header = 1;
        if (code is >= MessagePackCode.FixExtension1 and <= MessagePackCode.FixExtension16)
            length = 1u << (code - MessagePackCode.FixExtension1);
        else if (code is < MessagePackCode.Extension8 or > MessagePackCode.Extension32
            || !TryReadLength(rest, code - MessagePackCode.Extension8, out length, out header))
            return false;
        if (header >= rest.Length || !TryTake(rest, header + 1, length, out data))
            return false;
        type = (sbyte)rest[header];
        return true;
    }

    /// <summary>Reads the timestamp extension (32, 64 or 96 bit) as nanoseconds since 1970; false also where
    /// it is not one, or outside the years 1677 to 2262.</summary>
    public bool TryReadTimestamp(out long nanoseconds)
    {
        int start = _position;
        if (TryReadExtension(out sbyte type, out ReadOnlySpan<byte> data)
            && type == MessagePackTimestamp.ExtensionType
            && MessagePackTimestamp.TryDecode(data, out nanoseconds))
            return true;
        _position = start;
        nanoseconds = 0;
        return false;
    }

    /// <summary>Reads the next element, whatever it is, as its bytes.</summary>
    public bool TryReadRaw(out ReadOnlySpan<byte> element)
    {
        int start = _position;
        bool complete = TrySkip();
        element = _buffer[start.._position];
        return complete;
    }

    /// <summary>Steps over the next element with everything in it.</summary>
    /// <param name="depth">How many arrays and maps may be nested in it, at most <see cref="MaximumDepth"/>.</param>
    /// <returns>False where it is truncated, nested deeper, or holds the byte 0xc1.</returns>
    [SkipLocalsInit]
    public bool TrySkip(int depth = MaximumDepth)
    {
        Span<uint> outer = stackalloc uint[MaximumDepth];
        depth = Math.Min(depth, MaximumDepth);
        int position = _position;
        int level = 0;
        uint remaining = 1;
        while (true)
        {
            if (!TryMeasure(_buffer[position..], out uint size, out uint children))
                return false;
            position += (int)size;
            remaining--;
            if (children != NoContainer)
            {
                if (level >= depth || children > (uint)(_buffer.Length - position))
                    return false;
                outer[level++] = remaining;
                remaining = children;
            }
            while (remaining == 0 && level > 0)
                remaining = outer[--level];
            if (remaining == 0)
                break;
        }
        _position = position;
        return true;
    }

    private const uint NoContainer = uint.MaxValue;

    /// <summary>The size of a scalar, or of the header of an array or map and how many elements follow it.</summary>
    private static bool TryMeasure(ReadOnlySpan<byte> rest, out uint size, out uint children)
    {
        size = 1;
        children = NoContainer;
        if (rest.IsEmpty)
            return false;
        byte code = rest[0];
        if (code is < MessagePackCode.FixMap or >= MessagePackCode.NegativeFixInt)
            return true;
        if (code < MessagePackCode.FixArray)
        {
            children = 2 * ((uint)code & 0x0f);
            return true;
        }
        if (code < MessagePackCode.FixString)
        {
            children = (uint)code & 0x0f;
            return true;
        }
        size = code < MessagePackCode.Nil ? 1 + ((uint)code & 0x1f) : FixedSizes[code - MessagePackCode.Nil];
        if (size > 0)
            return size <= (uint)rest.Length;
        return TryMeasureLong(rest, code, out size, out children);
    }

    /// <summary>The same for the codes with an explicit length or count.</summary>
    private static bool TryMeasureLong(ReadOnlySpan<byte> rest, byte code, out uint size, out uint children)
    {
        size = 0;
        children = NoContainer;
        MessagePackType type = MessagePackCode.TypeOf(code);
        int width = type switch
        {
            MessagePackType.Binary => code - MessagePackCode.Binary8,
            MessagePackType.String => code - MessagePackCode.String8,
            MessagePackType.Extension => code - MessagePackCode.Extension8,
            MessagePackType.Array => code - MessagePackCode.Array16 + 1,
            MessagePackType.Map => code - MessagePackCode.Map16 + 1,
            _ => -1,
        };
        if (width < 0 || !TryReadLength(rest, width, out uint length, out int header))
            return false;
        size = (uint)header;
        uint available = (uint)(rest.Length - header);
        if (type == MessagePackType.Array)
        {
            children = length;
            return length <= available;
        }
        if (type == MessagePackType.Map)
        {
            children = 2 * length;
            return length <= available / 2;
        }
        ulong needed = length + (type == MessagePackType.Extension ? 1UL : 0UL);
        size += (uint)needed;
        return needed <= available;
    }

    // Sizes of the elements from 0xc0 to 0xdf; 0 where a length or count follows, and for 0xc1.
    private static ReadOnlySpan<byte> FixedSizes =>
    [
        1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9,
        2, 3, 5, 9, 3, 4, 6, 10, 18, 0, 0, 0, 0, 0, 0, 0,
    ];

    /// <summary>Reads the 1, 2 or 4 bytes of length (width 0, 1, 2) behind a code.</summary>
    private static bool TryReadLength(ReadOnlySpan<byte> rest, int width, out uint length, out int header)
    {
        header = 1 + (1 << width);
        length = 0;
        if (rest.Length < header)
            return false;
        length = width switch
        {
            0 => rest[1],
            1 => BinaryPrimitives.ReadUInt16BigEndian(rest[1..]),
            _ => BinaryPrimitives.ReadUInt32BigEndian(rest[1..]),
        };
        return true;
    }

    private bool TryTake(ReadOnlySpan<byte> rest, int header, uint length, out ReadOnlySpan<byte> data)
    {
        if (length > (uint)(rest.Length - header))
        {
            data = default;
            return false;
        }
        data = rest.Slice(header, (int)length);
        _position += header + (int)length;
        return true;
    }

    /// <summary>An integer's size in bytes, 0 where there is none, and its 64 bits.</summary>
    private static int MeasureInteger(ReadOnlySpan<byte> rest, out ulong bits, out bool negative)
    {
        bits = 0;
        negative = false;
        if (rest.IsEmpty)
            return 0;
        byte code = rest[0];
        if (code is < MessagePackCode.FixMap or >= MessagePackCode.NegativeFixInt)
        {
            bits = (ulong)(sbyte)code;
            negative = code >= MessagePackCode.NegativeFixInt;
            return 1;
        }
        if (code is < MessagePackCode.UInt8 or > MessagePackCode.Int64)
            return 0;
        int width = 1 << ((code - MessagePackCode.UInt8) & 3);
        if (rest.Length <= width)
            return 0;
        ReadOnlySpan<byte> number = rest.Slice(1, width);
        bits = code switch
        {
            MessagePackCode.UInt8 => number[0],
            MessagePackCode.UInt16 => BinaryPrimitives.ReadUInt16BigEndian(number),
            MessagePackCode.UInt32 => BinaryPrimitives.ReadUInt32BigEndian(number),
            MessagePackCode.Int8 => (ulong)(sbyte)number[0],
            MessagePackCode.Int16 => (ulong)BinaryPrimitives.ReadInt16BigEndian(number),
            MessagePackCode.Int32 => (ulong)BinaryPrimitives.ReadInt32BigEndian(number),
            _ => BinaryPrimitives.ReadUInt64BigEndian(number),
        };
        negative = code >= MessagePackCode.Int8 && (long)bits < 0;
        return 1 + width;
    }
}
