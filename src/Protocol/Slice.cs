namespace Realtime.Protocol;

/// <summary>A part of a payload, in bytes; a length of 0 is an absent one.</summary>
public readonly record struct Slice(int Offset, int Length)
{
    public bool IsEmpty => Length == 0;

    /// <summary>The bytes of this part of <paramref name="payload"/>.</summary>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> payload) => payload.Slice(Offset, Length);
}
