using System.Diagnostics;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>
/// Publishes ticks so that each is stepped exactly once: through lost connections, lost acknowledgements, refusals, and
/// restarts of a daemon that keeps its state.
/// </summary>
/// <remarks>
/// <para>Ticks go to <c>requests</c> in batches, ahead of their acknowledgements, and stay in a bounded window until
/// these have come. After a lost connection a new socket asks the daemon (<c>hello</c>) for each stream's last sequence
/// number; what it has is dropped, the rest is sent again, in order.</para>
/// <para>One thread at a time, and no thread of its own: it works while a member runs. Between ticks, call
/// <see cref="Poll"/>, so that acknowledgements are taken in and what gathered is sent.</para>
/// <para>A stream has one publisher. What is in the window when the process ends is gone; the daemon knows where to go
/// on, so a source that can be read again from a sequence number loses nothing.</para>
/// </remarks>
public sealed class ReliablePublisher : IDisposable
{
    private const double LargestValue = 1e100;

    private readonly ReliablePublisherOptions _options;
    private readonly PublisherSession _session;
    private readonly MessagePackWriter _tick = new();
    private bool _isTelling;

    public ReliablePublisher(ReliablePublisherOptions? options = null)
    {
        _options = options ?? new ReliablePublisherOptions();
        _options.Check();
        _session = new PublisherSession(_options);
    }

    /// <summary>A tick's prediction, once per tick; asked for by <see cref="ReliablePublisherOptions.Reply"/>.
    /// </summary>
    public event Action<Prediction>? Predicted;

    /// <summary>A tick was rejected: it is not sent again, and leaves a gap in its stream.</summary>
    public event Action<TickFailure>? Rejected;

    /// <summary>A tick was refused: it and what follows it in its stream are sent again, after a pause. Told once per
    /// attempt.</summary>
    public event Action<TickFailure>? Refused;

    /// <summary>The daemon no longer has what it acknowledged.</summary>
    public event Action<TicksLost>? Lost;

    /// <summary>Ticks without an acknowledgement.</summary>
    public int Waiting => _session.Window.Count;

    public PublisherCounts Counts => _session.Counts;

    /// <summary>The epoch of the daemon greeted last: another one is another start of it.</summary>
    public ulong Epoch => _session.Epoch;

    /// <summary>Why the last connection ended, or was not made; null where none has.</summary>
    public string? LastTrouble => _session.LastTrouble;

    /// <summary>The sequence number up to which the daemon has acknowledged a stream; null where it has nothing.
    /// </summary>
    public ulong? Acknowledged(string stream) => _session.Find(stream).Acknowledged;

    /// <summary>Takes a tick if that is possible at once.</summary>
    /// <param name="stream">1 to 255 bytes as UTF-8, without control characters.</param>
    /// <param name="values">One per input of the stream's model; NaN where one is missing.</param>
    /// <param name="seq">Above the stream's last; null takes the next one, after what the daemon has.</param>
    /// <param name="time">Nanoseconds since 1970; null leaves it to the daemon to take the time of arrival.</param>
    /// <returns>False, with nothing taken, while the window is full, or while the daemon has yet to be asked where to
    /// go on.</returns>
    /// <exception cref="ArgumentException">No daemon could take such a tick.</exception>
    public bool TryPublish(string stream, ReadOnlySpan<double> values, ulong? seq = null, long? time = null) =>
        Take(stream, values, seq, time) is not null;

    /// <summary>Takes a tick, waiting for room up to <see cref="ReliablePublisherOptions.Timeout"/>.</summary>
    /// <inheritdoc cref="TryPublish"/>
    /// <returns>Its sequence number.</returns>
    /// <exception cref="TimeoutException">There was none; the tick is not taken.</exception>
    public ulong Publish(string stream, ReadOnlySpan<double> values, ulong? seq = null, long? time = null)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (Take(stream, values, seq, time) is { } taken)
                return taken;
            TimeSpan left = _options.Timeout - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                throw Late();
            Work(left);
        }
    }

    /// <summary>Takes in what has come, sends what gathered, connects where needed; waits up to
    /// <paramref name="timeout"/> while there is nothing to do.</summary>
    public void Poll(TimeSpan timeout)
    {
        if (!Work(TimeSpan.Zero) && timeout > TimeSpan.Zero)
            Work(timeout);
    }

    /// <summary>Waits until every tick is acknowledged or rejected.</summary>
    /// <returns>Whether that was so before the time was over.</returns>
    public bool Flush(TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        while (Waiting != 0)
        {
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                return false;
            Work(left);
        }
        return true;
    }

    /// <summary>Closes at once: what is in the window stays unacknowledged, sent or not. <see cref="Flush"/> first.
    /// </summary>
    public void Dispose() => _session.Dispose();

    private ulong? Take(string name, ReadOnlySpan<double> values, ulong? seq, long? time)
    {
        CheckValues(values);
        PublishedStream stream = _session.Find(name);
        if (seq <= stream.Published)
            throw new ArgumentException($"found seq {seq}, {name} has had {stream.Published} already", nameof(seq));
        if (seq is null && !stream.IsKnown)
        {
            _session.Ask(stream);
            Work(TimeSpan.Zero);
            if (!stream.IsKnown)
                return null;
        }
        ulong number = seq ?? stream.Next;
        _tick.Clear();
        TickWriter.WriteArray(_tick, new StreamLabel(stream.Label), values, number, time);
        if (_tick.Length > _session.TickBytesMaximum)
            throw new ArgumentException(
                $"found a tick of {_tick.Length} bytes, the daemon takes {_session.TickBytesMaximum}", nameof(values));
        if (!_session.Add(stream, number, _tick.Written))
        {
            Work(TimeSpan.Zero);
            if (!_session.Add(stream, number, _tick.Written))
                return null;
        }
        if (_session.IsDue)
            Work(TimeSpan.Zero);
        return number;
    }

    private static void CheckValues(ReadOnlySpan<double> values)
    {
        if (values.IsEmpty)
            throw new ArgumentException("no values", nameof(values));
        foreach (double value in values)
        {
            if (Math.Abs(value) > LargestValue)
                throw new ArgumentException(
                    $"found {value}, expected NaN or a number up to 1e100 in size", nameof(values));
        }
    }

    private bool Work(TimeSpan timeout)
    {
        if (timeout > TimeSpan.Zero)
            _session.Wait(timeout);
        bool progress = _session.Turn();
        Tell();
        return progress;
    }

    // The session is consistent here, so that what is called may publish, and may throw.
    private void Tell()
    {
        if (_isTelling)
            return;
        _isTelling = true;
        try
        {
            while (_session.Reports.TryDequeue(out object? report))
            {
                switch (report)
                {
                    case Prediction prediction: Predicted?.Invoke(prediction); break;
                    case TicksLost lost: Lost?.Invoke(lost); break;
                    case TickFailure failure:
                        (failure.Code.IsRefused() ? Refused : Rejected)?.Invoke(failure);
                        break;
                }
            }
        }
        finally
        {
            _isTelling = false;
        }
    }

    private TimeoutException Late() => new(
        $"the daemon at {_options.Requests} made no room within {_options.Timeout.TotalSeconds:0.###} s; "
        + $"{Waiting} ticks wait; {LastTrouble ?? "no connection was lost"}");
}
