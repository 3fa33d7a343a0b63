using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Messages on their way, one queue per sender: each one's come in order, those of several in any.</summary>
internal sealed class DurableSource(Random random, int senders) : ITickSource
{
    private readonly Queue<(SimulatedMessage Message, Action Taken)>[] _queues =
        [.. Enumerable.Range(0, senders).Select(static _ => new Queue<(SimulatedMessage, Action)>())];

    /// <summary>What is done where the loop would wait.</summary>
    public Action Waited { get; set; } = static () => { };

    /// <param name="sender">Whose.</param>
    /// <param name="message">What.</param>
    /// <param name="taken">Called when the daemon takes it.</param>
    public void Send(int sender, SimulatedMessage message, Action taken) => _queues[sender].Enqueue((message, taken));

    public bool IsEmpty => _queues.All(static queue => queue.Count == 0);

    /// <summary>What the sender's own queue has; the connection's is lost.</summary>
    public void Drop(int sender) => _queues[sender].Clear();

    public void Receive(Inbox inbox)
    {
        for (var budget = random.Next(40); budget > 0 && !inbox.IsFull; budget--)
        {
            if (!_queues[random.Next(senders)].TryDequeue(out var next))
                continue;
            next.Taken();
            RecordedSource.Deliver(next.Message, inbox);
        }
    }

    public void Wait(TimeSpan timeout) => Waited();

    public void Wake()
    {
    }
}
