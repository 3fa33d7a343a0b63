using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>A stream's name, and whether messages carry it as a number.</summary>
/// <param name="name">UTF-8; where <paramref name="isNumber"/>, decimal digits.</param>
/// <param name="isNumber">Whether the stream's first tick named it by an unsigned id.</param>
public readonly ref struct StreamLabel(ReadOnlySpan<byte> name, bool isNumber = false)
{
    public ReadOnlySpan<byte> Name { get; } = name;
    public bool IsNumber { get; } = isNumber;

    /// <summary>Writes the stream as the element that a message carries.</summary>
    public void Write(MessagePackWriter writer)
    {
        if (IsNumber && StreamName.TryParseId(Name, out ulong id))
            writer.WriteUInt64(id);
        else
            writer.WriteString(Name);
    }
}
