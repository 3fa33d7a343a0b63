namespace Realtime.Protocol;

/// <summary>A tick that the daemon did not take.</summary>
/// <param name="Stream">The tick's stream.</param>
/// <param name="Seq">Its sequence number.</param>
/// <param name="Code">Why; <see cref="ErrorCodes.IsRefused"/> tells whether it is sent again.</param>
/// <param name="Detail">What was found and what was expected.</param>
public sealed record TickFailure(string Stream, ulong Seq, ErrorCode Code, string Detail);

/// <summary>Ticks that the daemon acknowledged once and no longer has: it lost its state, or dropped the stream.
/// They have left the window; only their source can publish them again.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="From">The first sequence number lost, of those that this publisher sent.</param>
/// <param name="To">The last.</param>
/// <param name="Epoch">The daemon's epoch now; the same as before where it dropped the stream alone.</param>
public sealed record TicksLost(string Stream, ulong From, ulong To, ulong Epoch);

/// <summary>What became of the ticks that a <see cref="ReliablePublisher"/> took. <see cref="Published"/> is
/// <see cref="Acknowledged"/> + <see cref="Rejected"/> + what waits.</summary>
public readonly record struct PublisherCounts
{
    public long Published { get; init; }

    /// <summary>Stepped, as far as the daemon says; the next two are part of it.</summary>
    public long Acknowledged { get; init; }

    /// <summary>Acknowledged as duplicates: stepped before, when the acknowledgement got lost.</summary>
    public long Duplicates { get; init; }

    /// <summary>Not sent again after a connection was lost, because <c>hello</c> said that the daemon has them.
    /// </summary>
    public long Confirmed { get; init; }

    /// <summary>Not taken and not sent again; <see cref="ReliablePublisher.Rejected"/> told each.</summary>
    public long Rejected { get; init; }

    /// <summary>Replies that told to send a tick again later.</summary>
    public long Refused { get; init; }

    /// <summary>Acknowledged, and lost by the daemon later; <see cref="ReliablePublisher.Lost"/> told each.</summary>
    public long Lost { get; init; }

    /// <summary>Ticks sent again.</summary>
    public long Resent { get; init; }

    /// <summary>Acknowledged with no prediction, though it was asked for: the reply got lost, and the daemon keeps
    /// the prediction of a stream's last tick only.</summary>
    public long PredictionsMissed { get; init; }

    /// <summary>Times that a daemon was greeted.</summary>
    public long Connections { get; init; }
}
