namespace Realtime.Daemon.Frames;

/// <summary>
/// Where batches came the loop looks for further messages itself for a moment: to fall asleep and be woken takes longer
/// than the next ones take to come, and those who send them wait for it.
/// </summary>
/// <remarks>
/// Their ticks pay for it, so that it never takes much longer than they did. Messages of one tick do not: each costs
/// several threads so much more that the loop would take the processor from those who send them.
/// </remarks>
internal sealed class Patience
{
    private const int TicksPerTurn = 2;
    private const int MostTurns = 1000;

    // Of the runtime's units, some tens of nanoseconds each.
    private const int Pause = 10;

    // Who sends could not go on meanwhile.
    private static readonly bool IsAlone = Environment.ProcessorCount == 1;

    private int _turns;

    /// <summary>A frame had so many ticks, which came in so many messages.</summary>
    public void Worked(int ticks, int messages)
    {
        if (!IsAlone)
            _turns = Math.Min(_turns + Math.Max(0, ticks - messages) / TicksPerTurn, MostTurns);
    }

    /// <summary>Lets a moment pass; false where it is time to wait.</summary>
    public bool Lasts()
    {
        if (_turns == 0)
            return false;
        _turns--;
        Thread.SpinWait(Pause);
        return true;
    }
}
