namespace Realtime.Daemon.Frames;

/// <summary>The world's clock; the loop reads it once per frame.</summary>
public interface IClock
{
    /// <summary>Nanoseconds since 1970, UTC.</summary>
    long UtcNanoseconds { get; }
}

/// <summary>Where messages come from.</summary>
public interface ITickSource
{
    /// <summary>Takes what has arrived into the inbox until it is full or nothing is left; never waits.</summary>
    void Receive(Inbox inbox);

    /// <summary>Returns once a message is there, <see cref="Wake"/> was called, or the time is over.</summary>
    void Wait(TimeSpan timeout);

    /// <summary>Lets a moment pass, as what came was not worth a frame.</summary>
    void Pause()
    {
    }

    /// <summary>Ends a <see cref="Wait"/> from any thread.</summary>
    void Wake();
}

/// <summary>Where predictions, events and replies go; never blocks.</summary>
public interface IPredictionSink
{
    /// <summary>Somebody may hear a prediction; where not, none needs to be encoded.</summary>
    bool HasSubscribers => true;

    /// <summary>Publishes to the subscribers of the topic; false where it could not be handed over.</summary>
    bool Publish(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload);

    /// <summary>Replies to the sender of a request; false where it can't be reached or does not read.</summary>
    bool Reply(ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload);
}

/// <summary>Where a frame's changes of the world are recorded before anything of it is emitted.</summary>
/// <remarks>Records are numbered from 1 on. None of this throws: a journal that fails says so by <see cref="Fault"/>.
/// </remarks>
public interface IJournal
{
    /// <summary>False spares the loop the collecting of changes.</summary>
    bool Records { get; }

    /// <summary>
    /// Whether a frame made of so many bytes of messages can be recorded now; where not, its ticks are refused.
    /// </summary>
    bool CanTake(long bytes);

    void Append(in FrameRecord record);

    /// <summary>Number of the last record handed over; 0 before the first.</summary>
    ulong Written { get; }

    /// <summary>Number of the last record that has the durability asked for, never above <see cref="Written"/>.
    /// </summary>
    ulong Durable { get; }

    /// <summary>Why nothing can be recorded now; null where all is well.</summary>
    string? Fault { get; }

    /// <summary>What holds it up without having failed, such as a slow disk; null where all is well.</summary>
    string? Warning { get; }

    /// <summary>
    /// Goes on behind <see cref="Written"/> after a failure, once a snapshot holds everything up to it; false where it
    /// fails again.
    /// </summary>
    bool TryReopen();

    /// <summary>What the records from here on depend on beside them.</summary>
    void Describe(byte[] description)
    {
    }
}

/// <summary>State lives in memory only: nothing is recorded.</summary>
public sealed class NoJournal : IJournal
{
    public bool Records => false;

    public ulong Written => 0;

    public ulong Durable => 0;

    public string? Fault => null;

    public string? Warning => null;

    public bool CanTake(long bytes) => true;

    public bool TryReopen() => true;

    public void Append(in FrameRecord record)
    {
    }
}
