using System.Diagnostics.CodeAnalysis;

namespace Realtime.Protocol.MessagePack;

/// <summary>What the first byte of a MessagePack element says it is.</summary>
[SuppressMessage("Naming", "CA1720", Justification = "The names that the MessagePack specification uses.")]
public enum MessagePackType : byte
{
    /// <summary>0xc1, which the format never uses, or no byte at all.</summary>
    None,
    Nil,
    Boolean,
    Integer,
    Float,
    String,
    Binary,
    Array,
    Map,
    Extension,
}
