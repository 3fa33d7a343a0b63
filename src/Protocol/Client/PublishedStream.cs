using System.Text;

namespace Realtime.Protocol;

/// <summary>What a <see cref="ReliablePublisher"/> knows of one stream. Its ticks in the window are a list, in the
/// order of their sequence numbers.</summary>
internal sealed class PublishedStream(string name)
{
    public string Name { get; } = name;
    public byte[] Label { get; } = Encoding.UTF8.GetBytes(name);

    /// <summary>The last sequence number that the publisher took.</summary>
    public ulong? Published { get; set; }

    /// <summary>The first and the last that the daemon said to have.</summary>
    public ulong? FirstAcknowledged { get; set; }
    public ulong? Acknowledged { get; set; }

    /// <summary>Whether the daemon was asked, and whether it has answered, with what stands in
    /// <see cref="DaemonLast"/>.</summary>
    public bool IsAsked { get; set; }
    public bool IsKnown { get; set; }
    public ulong? DaemonLast { get; set; }

    /// <summary>Slots of the window; -1 where there is none.</summary>
    public int Head { get; set; } = ResendWindow.None;
    public int Tail { get; set; } = ResendWindow.None;

    /// <summary>How many of its ticks have been sent on this connection and not been answered.</summary>
    public int InFlight { get; set; }

    /// <summary>A tick was refused: nothing is sent until those in flight are answered and the pause is over; then
    /// the first alone, and the rest when that one was taken.</summary>
    public bool IsHeld { get; set; }
    public bool IsProbing { get; set; }
    public long RetryAt { get; set; }
    public TimeSpan RetryDelay { get; set; }

    /// <summary>The next number where the publisher counts.</summary>
    public ulong Next => checked(Math.Max(Published ?? 0, DaemonLast ?? 0) + 1);

    public void Acknowledge(ulong seq)
    {
        FirstAcknowledged ??= seq;
        Acknowledged = seq;
    }
}
