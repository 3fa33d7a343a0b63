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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TrySkip(int depth = MaximumDepth)
    {
        if ((uint)_position < (uint)_buffer.Length)
        {
            int size = FixedSizes[_buffer[_position]];
            if (size > 0 && size <= _buffer.Length - _position)
            {
                _position += size;
                return true;
            }
        }
        return TrySkipAny(depth);
    }

    [SkipLocalsInit]
    private bool TrySkipAny(int depth)
    {
        Span<int> outer = stackalloc int[MaximumDepth];
        ReadOnlySpan<byte> buffer = _buffer;
        depth = Math.Min(depth, MaximumDepth);
        int position = _position;
        int level = 0;
        int remaining = 1;
        while ((uint)position < (uint)buffer.Length)
        {
            // Branches for what values mostly are: the processor goes on with the next element by prediction, where
            // a size from the table would have to be waited for.
            byte code = buffer[position];
            int size = code == MessagePackCode.Float64 ? 9 : code == MessagePackCode.Float32 ? 5 : FixedSizes[code];
            if (size == 0)
            {
                if (!TryMeasure(buffer[position..], out size, out int children))
                    return false;
                if (children >= 0)
                {
                    if (level >= depth)
                        return false;
                    outer[level++] = remaining - 1;
                    remaining = children + 1;
                }
            }
            position += size;
            remaining--;
            while (remaining == 0)
            {
                if (level == 0)
                {
                    // A fixed size may still reach beyond the end, which the other reads here have checked.
                    if (position > buffer.Length)
                        return false;
                    _position = position;
                    return true;
                }
                remaining = outer[--level];
            }
        }
        return false;
    }

    /// <summary>Measures an element whose code does not tell its size: that of the whole scalar, which is in the
    /// buffer, or that of the header of an array or map and how many elements follow it (-1 for a scalar).</summary>
    private static bool TryMeasure(ReadOnlySpan<byte> rest, out int size, out int children)
    {
        size = 1;
        children = rest[0] & 0x0f;
        switch (rest[0] & 0xf0)
        {
            case MessagePackCode.FixMap:
                children *= 2;
                return children < rest.Length;
            case MessagePackCode.FixArray:
                return children < rest.Length;
        }
        children = -1;
        MessagePackType type = MessagePackCode.TypeOf(rest[0]);
        int width = type switch
        {
            MessagePackType.Binary => rest[0] - MessagePackCode.Binary8,
            MessagePackType.String => rest[0] - MessagePackCode.String8,
            MessagePackType.Extension => rest[0] - MessagePackCode.Extension8,
            MessagePackType.Array => rest[0] - MessagePackCode.Array16 + 1,
            MessagePackType.Map => rest[0] - MessagePackCode.Map16 + 1,
            _ => -1,
        };
        if (width < 0 || !TryReadLength(rest, width, out uint length, out size))
            return false;
        uint available = (uint)(rest.Length - size);
        switch (type)
        {
            case MessagePackType.Array:
                children = (int)length;
                return length <= available;
            case MessagePackType.Map:
                children = 2 * (int)length;
                return length <= available / 2;
            case MessagePackType.Extension:
                size += 1 + (int)length;
                return length < available;
            default:
                size += (int)length;
                return length <= available;
        }
    }

    // Sizes of the elements by their code; 0 where a length or count follows, and for 0xc1.
    private static ReadOnlySpan<byte> FixedSizes =>
    [
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
        17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
        1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 3, 4, 6, 10, 18, 0, 0, 0, 0, 0, 0, 0,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
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
