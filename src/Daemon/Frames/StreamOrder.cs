using System.Runtime.CompilerServices;

namespace Realtime.Daemon.Frames;

/// <summary>How a tick's sequence number stands to what its stream has seen.</summary>
public enum Arrival : byte
{
    /// <summary>The next one: step it.</summary>
    Next,

    /// <summary>Above the next one: step it, and remember what was passed over.</summary>
    Gap,

    /// <summary>A greater run: the count starts anew, step it.</summary>
    Restart,

    /// <summary>It was stepped before.</summary>
    Duplicate,

    /// <summary>It was passed over, lies before the stream's first tick, or belongs to an earlier run.</summary>
    TooLate,

    /// <summary>An earlier tick was refused and has not come again.</summary>
    NotNext,

    /// <summary>The count is at its end; only a new run can go on.</summary>
    Exhausted,
}

/// <summary>Sequence numbers that were passed over, both ends inclusive.</summary>
public readonly record struct Gap(ulong From, ulong To);

/// <summary>The last gaps of a stream; the oldest goes first.</summary>
[InlineArray(StreamOrder.GapsRemembered)]
public struct Gaps
{
    private Gap _first;
}

/// <summary>One stream's count: last sequence number, run, remembered gaps, and what is owed after a refusal.</summary>
public struct StreamOrder
{
    public const int GapsRemembered = 8;

    public ulong First;
    public ulong Last;
    public ulong Run;
    public ulong Owed;
    public byte GapCount;
    public byte GapNext;
    public bool HasRun;
    public bool Started;
    public bool IsOwed;
    public Gaps Gaps;

    /// <summary>Judges a tick; changes nothing.</summary>
    /// <param name="seq">Its sequence number; null takes the next one.</param>
    /// <param name="run">Its publisher's start number, where it has one.</param>
    /// <param name="acknowledged">It came by a path on which refusals are told: order after one is kept.</param>
    public readonly Arrival Judge(ulong? seq, ulong? run, bool acknowledged)
    {
        if (Started && run is { } r && (!HasRun || r != Run))
            return HasRun && r < Run ? Arrival.TooLate : Arrival.Restart;
        if (acknowledged && IsOwed && seq is { } s && s > Owed)
            return Arrival.NotNext;
        if (!Started)
            return Arrival.Next;
        if (seq is not { } number)
            return Last == ulong.MaxValue ? Arrival.Exhausted : Arrival.Next;
        if (number > Last)
            return number == Last + 1 ? Arrival.Next : Arrival.Gap;
        return number < First || IsInGap(number) ? Arrival.TooLate : Arrival.Duplicate;
    }

    /// <summary>Counts a tick that <see cref="Judge"/> let pass; returns its sequence number.</summary>
    public ulong Accept(Arrival arrival, ulong? seq, ulong? run)
    {
        if (run is { } r)
        {
            Run = r;
            HasRun = true;
        }

        if (!Started || arrival == Arrival.Restart)
        {
            First = Last = seq ?? 1;
            Started = true;
            GapCount = GapNext = 0;
        }
        else
        {
            if (arrival == Arrival.Gap)
                Remember(new Gap(Last + 1, seq!.Value - 1));
            Last = seq ?? Last + 1;
        }

        if (IsOwed && (arrival == Arrival.Restart || Last >= Owed))
            IsOwed = false;
        return Last;
    }

    /// <summary>A tick was refused: later ones wait until it comes.</summary>
    public void Owe(ulong seq)
    {
        if (IsOwed && Owed <= seq)
            return;
        Owed = seq;
        IsOwed = true;
    }

    /// <summary>A remembered gap, the oldest at 0.</summary>
    public readonly Gap GapAt(int index) =>
        Gaps[(GapNext + GapsRemembered - GapCount + index) % GapsRemembered];

    /// <summary>Remembers a gap; over <see cref="GapsRemembered"/> the oldest is forgotten.</summary>
    public void Remember(Gap gap)
    {
        Gaps[GapNext] = gap;
        GapNext = (byte)((GapNext + 1) % GapsRemembered);
        GapCount = (byte)Math.Min(GapCount + 1, GapsRemembered);
    }

    private readonly bool IsInGap(ulong seq)
    {
        for (var i = 0; i < GapCount; i++)
            if (seq >= Gaps[i].From && seq <= Gaps[i].To)
                return true;
        return false;
    }
}
