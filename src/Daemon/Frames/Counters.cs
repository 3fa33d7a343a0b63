namespace Realtime.Daemon.Frames;

/// <summary>
/// Where every tick went: received = stepped + duplicate + rejected + refused, at the end of every frame.
/// </summary>
/// <remarks>Written by the loop alone.</remarks>
public sealed class Counters
{
    private const int Codes = 11;

    private readonly long[] _rejectedByCode = new long[Codes];
    private readonly long[] _refusedByCode = new long[Codes];

    public long Received { get; set; }
    public long Stepped { get; set; }
    public long Duplicate { get; set; }
    public long Rejected { get; private set; }
    public long Refused { get; private set; }

    /// <summary>Predictions published: handed to the prediction socket, or known to have no subscriber.</summary>
    public long Published { get; set; }

    /// <summary>Predictions the prediction socket would not take.</summary>
    public long Dropped { get; set; }

    /// <summary>Replies that could not be delivered: the client is gone or does not read.</summary>
    public long Undeliverable { get; set; }

    /// <summary>Steps over ticks that never came; not among <see cref="Stepped"/>.</summary>
    public long Imputed { get; set; }

    /// <summary>Times that sequence numbers were passed over.</summary>
    public long Gaps { get; set; }

    public long Late { get; set; }
    public long Evicted { get; set; }
    public long Frames { get; set; }
    public long Requests { get; set; }

    public long RejectedBy(int code) => _rejectedByCode[code];

    public long RefusedBy(int code) => _refusedByCode[code];

    public void Reject(Protocol.ErrorCode code)
    {
        Rejected++;
        _rejectedByCode[(int)code]++;
    }

    public void Refuse(Protocol.ErrorCode code, int ticks = 1)
    {
        Refused += ticks;
        _refusedByCode[(int)code] += ticks;
    }
}
