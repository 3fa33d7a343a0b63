using Realtime.Daemon.Frames.Access;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames;

/// <summary>Which socket a message came by.</summary>
public enum Origin : byte
{
    Ingest,
    Subscription,
    Request,
}

/// <summary>One received message; its slices lie in the inbox's bytes.</summary>
public struct Message
{
    public Origin Origin;

    /// <summary>The sender's routing id, requests only.</summary>
    public Slice Identity;

    /// <summary>The sender put an empty frame before its message (REQ) and wants it back.</summary>
    public bool Delimiter;

    public Slice Topic;
    public Slice Payload;

    /// <summary>Frames behind routing id and delimiter.</summary>
    public int Frames;

    /// <summary>Who sent it; null where clients need no key.</summary>
    public Client? Client;

    /// <summary>Size of the largest frame as sent; over the limit its bytes are not here.</summary>
    public long LargestFrame;
}

/// <summary>
/// What has arrived and is not decoded yet: one block of bytes, filled by the source, emptied by the loop.
/// </summary>
/// <remarks>
/// A message stays where it is until the inbox is empty, so its slices outlive the frame that decodes it.
/// </remarks>
public sealed class Inbox
{
    // Room for a routing id, a delimiter and a topic beside the largest payload.
    private const int EnvelopeBytes = 1024;

    private readonly byte[] _bytes;
    private readonly Message[] _messages;
    private readonly int _frameLimit;
    private int _used;
    private int _weight;
    private bool _hasOthers;

    /// <param name="frameLimit">Largest frame taken, in bytes.</param>
    /// <param name="messagesMax">Most messages held at once.</param>
    public Inbox(int frameLimit, int messagesMax)
    {
        _frameLimit = frameLimit;
        _bytes = new byte[frameLimit + EnvelopeBytes + Math.Max(frameLimit / 2, 64 * 1024)];
        _messages = new Message[messagesMax];
    }

    public int Count { get; private set; }

    /// <summary>Largest frame taken, in bytes.</summary>
    public int FrameLimit => _frameLimit;

    /// <summary>Bytes held.</summary>
    public int Used => _used;

    public bool IsFull => _weight >= _messages.Length || _bytes.Length - _used < _frameLimit + EnvelopeBytes;

    /// <summary>Something came, and all of it from clients that are over their rates.</summary>
    public bool IsOverRate => Count != 0 && !_hasOthers;

    /// <summary>Where the next frame may be received to.</summary>
    public Span<byte> Free => _bytes.AsSpan(_used);

    public ref Message this[int index] => ref _messages[index];

    public ReadOnlySpan<byte> Bytes(Slice slice) => _bytes.AsSpan(slice.Offset, slice.Length);

    /// <summary>Keeps the first <paramref name="length"/> bytes of <see cref="Free"/>.</summary>
    public Slice Keep(int length)
    {
        var slice = new Slice(_used, length);
        _used += length;
        return slice;
    }

    /// <summary>Gives back what lies behind the first <paramref name="length"/> bytes of the slice kept last.</summary>
    public Slice Shorten(Slice slice, int length)
    {
        if (slice.Length <= length)
            return slice;
        _used -= slice.Length - length;
        return slice with { Length = length };
    }

    public void Add(in Message message)
    {
        _messages[Count++] = message;
        var weight = message.Client?.WeightOf(message.LargestFrame) ?? 1;
        _weight += weight;
        _hasOthers |= weight == 1;
    }

    public void Clear()
    {
        Count = 0;
        _used = 0;
        _weight = 0;
        _hasOthers = false;
    }
}
