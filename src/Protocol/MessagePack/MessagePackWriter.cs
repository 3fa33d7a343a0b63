using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Realtime.Protocol.MessagePack;

/// <summary>
/// Writes MessagePack elements into a buffer that grows; once it has grown, writing allocates nothing.
/// </summary>
/// <remarks>Numbers, lengths and counts take their shortest form. Not thread-safe.</remarks>
public sealed class MessagePackWriter
{
    private byte[] _buffer;
    private int _length;

    public MessagePackWriter(int capacity = 256)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _buffer = new byte[Math.Max(capacity, 16)];
    }

    /// <summary>What has been written. Valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>How many bytes have been written.</summary>
    public int Length => _length;

    public void Clear() => _length = 0;

    /// <summary>Takes back everything written since <see cref="Length"/> was <paramref name="length"/>.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length, nameof(length));
        _length = length;
    }

    public void WriteNil() => Take(1)[0] = MessagePackCode.Nil;

    public void WriteBoolean(bool value) => Take(1)[0] = value ? MessagePackCode.True : MessagePackCode.False;

    public void WriteUInt64(ulong value)
    {
        if (value < 0x80)
            Take(1)[0] = (byte)value;
        else if (value <= byte.MaxValue)
            WriteByte(MessagePackCode.UInt8, (byte)value);
        else if (value <= ushort.MaxValue)
            WriteUInt16(MessagePackCode.UInt16, (ushort)value);
        else if (value <= uint.MaxValue)
            WriteUInt32(MessagePackCode.UInt32, (uint)value);
        else
            WriteUInt64(MessagePackCode.UInt64, value);
    }

    public void WriteInt64(long value)
    {
        if (value >= 0)
            WriteUInt64((ulong)value);
        else if (value >= -32)
            Take(1)[0] = (byte)value;
        else if (value >= sbyte.MinValue)
            WriteByte(MessagePackCode.Int8, (byte)value);
        else if (value >= short.MinValue)
            WriteUInt16(MessagePackCode.Int16, (ushort)value);
        else if (value >= int.MinValue)
            WriteUInt32(MessagePackCode.Int32, (uint)value);
        else
            WriteUInt64(MessagePackCode.Int64, (ulong)value);
    }

    public void WriteSingle(float value) =>
        WriteUInt32(MessagePackCode.Float32, BitConverter.SingleToUInt32Bits(value));

    public void WriteDouble(double value) =>
        WriteUInt64(MessagePackCode.Float64, BitConverter.DoubleToUInt64Bits(value));

    public void WriteString(ReadOnlySpan<byte> utf8)
    {
        WriteStringHeader(utf8.Length);
        WriteRaw(utf8);
    }

    public void WriteString(ReadOnlySpan<char> text)
    {
        int size = Encoding.UTF8.GetByteCount(text);
        WriteStringHeader(size);
        Encoding.UTF8.GetBytes(text, Take(size));
    }

    public void WriteBinary(ReadOnlySpan<byte> data)
    {
        if (data.Length <= byte.MaxValue)
            WriteByte(MessagePackCode.Binary8, (byte)data.Length);
        else if (data.Length <= ushort.MaxValue)
            WriteUInt16(MessagePackCode.Binary16, (ushort)data.Length);
        else
            WriteUInt32(MessagePackCode.Binary32, (uint)data.Length);
        WriteRaw(data);
    }

    /// <summary>Writes floats as a bin of little-endian float32.</summary>
    public void WriteBinary(ReadOnlySpan<float> values)
    {
        int size = checked(values.Length * sizeof(float));
        if (size <= byte.MaxValue)
            WriteByte(MessagePackCode.Binary8, (byte)size);
        else if (size <= ushort.MaxValue)
            WriteUInt16(MessagePackCode.Binary16, (ushort)size);
        else
            WriteUInt32(MessagePackCode.Binary32, (uint)size);
        Span<byte> target = Take(size);
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(target[(i * sizeof(float))..], values[i]);
    }

    public void WriteArrayHeader(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count < 16)
            Take(1)[0] = (byte)(MessagePackCode.FixArray | count);
        else if (count <= ushort.MaxValue)
            WriteUInt16(MessagePackCode.Array16, (ushort)count);
        else
            WriteUInt32(MessagePackCode.Array32, (uint)count);
    }

    public void WriteMapHeader(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count < 16)
            Take(1)[0] = (byte)(MessagePackCode.FixMap | count);
        else if (count <= ushort.MaxValue)
            WriteUInt16(MessagePackCode.Map16, (ushort)count);
        else
            WriteUInt32(MessagePackCode.Map32, (uint)count);
    }

    /// <summary>Starts an array whose count is not known yet; what is returned goes to <see cref="EndArray"/>.
    /// </summary>
    public int BeginArray()
    {
        int start = _length;
        WriteUInt32(MessagePackCode.Array32, 0);
        return start;
    }

    /// <summary>Sets the count of an array begun by <see cref="BeginArray"/>.</summary>
    public void EndArray(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        BinaryPrimitives.WriteUInt32BigEndian(_buffer.AsSpan(start + 1, 4), (uint)count);
    }

    /// <summary>Starts a map whose count is not known yet; what is returned goes to <see cref="EndMap"/>.
    /// </summary>
    public int BeginMap()
    {
        int start = _length;
        WriteUInt32(MessagePackCode.Map32, 0);
        return start;
    }

    /// <summary>Sets the count of a map begun by <see cref="BeginMap"/>.</summary>
    public void EndMap(int start, int count) => EndArray(start, count);

    /// <summary>Sets the count, below 16, of an array or map header of one byte at <paramref name="start"/>.</summary>
    internal void SetShortCount(int start, int count) => _buffer[start] |= (byte)count;

    public void WriteExtension(sbyte type, ReadOnlySpan<byte> data)
    {
        int fixedCode = data.Length switch
        {
            1 => MessagePackCode.FixExtension1,
            2 => MessagePackCode.FixExtension2,
            4 => MessagePackCode.FixExtension4,
            8 => MessagePackCode.FixExtension8,
            16 => MessagePackCode.FixExtension16,
            _ => 0,
        };
        if (fixedCode != 0)
            Take(1)[0] = (byte)fixedCode;
        else if (data.Length <= byte.MaxValue)
            WriteByte(MessagePackCode.Extension8, (byte)data.Length);
        else if (data.Length <= ushort.MaxValue)
            WriteUInt16(MessagePackCode.Extension16, (ushort)data.Length);
        else
            WriteUInt32(MessagePackCode.Extension32, (uint)data.Length);
        Take(1)[0] = (byte)type;
        WriteRaw(data);
    }

    /// <summary>Writes the timestamp extension in its shortest form.</summary>
    /// <param name="nanoseconds">Since 1970; negative before.</param>
    public void WriteTimestamp(long nanoseconds)
    {
        long seconds = Math.DivRem(nanoseconds, MessagePackTimestamp.NanosecondsPerSecond, out long fraction);
        if (fraction < 0)
        {
            fraction += MessagePackTimestamp.NanosecondsPerSecond;
            seconds--;
        }
        Span<byte> data = stackalloc byte[12];
        if (seconds is >= 0 and <= uint.MaxValue && fraction == 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(data, (uint)seconds);
            data = data[..4];
        }
        else if (seconds is >= 0 and < 1L << 34)
        {
            BinaryPrimitives.WriteUInt64BigEndian(data, ((ulong)fraction << 34) | (ulong)seconds);
            data = data[..8];
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(data, (uint)fraction);
            BinaryPrimitives.WriteInt64BigEndian(data[4..], seconds);
        }
        WriteExtension(MessagePackTimestamp.ExtensionType, data);
    }

    /// <summary>Writes bytes that are MessagePack already.</summary>
    public void WriteRaw(ReadOnlySpan<byte> elements) => elements.CopyTo(Take(elements.Length));

    /// <summary>Writes over bytes that have been written.</summary>
    public void Overwrite(int start, ReadOnlySpan<byte> bytes) => bytes.CopyTo(_buffer.AsSpan(0, _length)[start..]);

    /// <summary>Makes room for bytes that the caller fills with MessagePack. Valid until the next write.</summary>
    public Span<byte> Take(int size)
    {
        int start = _length;
        if ((uint)size > (uint)(_buffer.Length - start))
            Grow(size);
        _length = start + size;
        return _buffer.AsSpan(start, size);
    }

    /// <summary>Makes room for at most so many bytes, of which <see cref="Advance"/> keeps some. Valid until the next
    /// write.</summary>
    internal Span<byte> Reserve(int size)
    {
        if ((uint)size > (uint)(_buffer.Length - _length))
            Grow(size);
        return _buffer.AsSpan(_length, size);
    }

    /// <summary>Keeps bytes written into what was reserved.</summary>
    internal void Advance(int size) => _length += size;

    /// <summary>Writes a number in its shortest form; returns its size, at most 5.</summary>
    internal static int Put(uint value, Span<byte> target)
    {
        if (value < 0x80)
        {
            target[0] = (byte)value;
            return 1;
        }
        if (value <= byte.MaxValue)
        {
            (target[0], target[1]) = (MessagePackCode.UInt8, (byte)value);
            return 2;
        }
        if (value <= ushort.MaxValue)
        {
            target[0] = MessagePackCode.UInt16;
            BinaryPrimitives.WriteUInt16BigEndian(target[1..], (ushort)value);
            return 3;
        }
        target[0] = MessagePackCode.UInt32;
        BinaryPrimitives.WriteUInt32BigEndian(target[1..], value);
        return 5;
    }

    private void WriteStringHeader(int size)
    {
        if (size <= MessagePackCode.FixStringMax)
            Take(1)[0] = (byte)(MessagePackCode.FixString | size);
        else if (size <= byte.MaxValue)
            WriteByte(MessagePackCode.String8, (byte)size);
        else if (size <= ushort.MaxValue)
            WriteUInt16(MessagePackCode.String16, (ushort)size);
        else
            WriteUInt32(MessagePackCode.String32, (uint)size);
    }

    private void WriteByte(byte code, byte value)
    {
        Span<byte> target = Take(2);
        target[1] = value;
        target[0] = code;
    }

    private void WriteUInt16(byte code, ushort value)
    {
        Span<byte> target = Take(3);
        target[0] = code;
        BinaryPrimitives.WriteUInt16BigEndian(target[1..], value);
    }

    private void WriteUInt32(byte code, uint value)
    {
        Span<byte> target = Take(5);
        target[0] = code;
        BinaryPrimitives.WriteUInt32BigEndian(target[1..], value);
    }

    private void WriteUInt64(byte code, ulong value)
    {
        Span<byte> target = Take(9);
        target[0] = code;
        BinaryPrimitives.WriteUInt64BigEndian(target[1..], value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        long needed = (long)_length + size;
        if (needed > Array.MaxLength)
            throw new InvalidOperationException($"A message of {needed} bytes is too large to build.");
        Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(needed, 2L * _buffer.Length)));
    }
}
