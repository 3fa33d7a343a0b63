namespace Realtime.Cells.Adaptive;

/// <summary>What numbers a part of a stream's adaptive memory is made of; little-endian.</summary>
public enum OnlineNumber
{
    /// <summary>4 bytes.</summary>
    Floats,

    /// <summary>8 bytes.</summary>
    Doubles,

    /// <summary>8 bytes, signed.</summary>
    Integers,
}

/// <summary>One part of a stream's adaptive memory.</summary>
/// <param name="Name">Unique in the model.</param>
/// <param name="ByteOffset">From the memory's start; a multiple of the number's size.</param>
/// <param name="Count">Numbers.</param>
/// <param name="Type">Kind of number. Floats are finite, but doubles may be NaN, which means "none".</param>
public readonly record struct OnlineSlot(string Name, int ByteOffset, int Count, OnlineNumber Type)
{
    public int Bytes => Count * (Type == OnlineNumber.Floats ? sizeof(float) : sizeof(double));
}
