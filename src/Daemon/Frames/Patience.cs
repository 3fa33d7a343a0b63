namespace Realtime.Daemon.Frames;

/// <summary>
/// Where the loop has had much to do it looks for further messages itself for a moment: to fall asleep and be woken
/// takes longer than the next ones take to come, and those who send them wait for it.
/// </summary>
/// <remarks>Ticks pay for it, so that it never takes much longer than they did.</remarks>
internal sealed class Patience
{
    private const int TicksPerTurn = 2;
    private const int MostTurns = 1000;

    // Of the runtime's units, some tens of nanoseconds each.
    private const int Pause = 10;

    // Who sends could not go on meanwhile.
    private static readonly bool IsAlone = Environment.ProcessorCount == 1;

    private int _turns;

    /// <summary>A frame had so many ticks.</summary>
    public void Worked(int ticks) => _turns = IsAlone ? 0 : Math.Min(_turns + ticks / TicksPerTurn, MostTurns);

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
