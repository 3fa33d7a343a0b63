using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Frames;

public sealed class StreamOrderTests
{
    private const ulong Most = ulong.MaxValue;

    // Each line: ticks as seq, seq/run or - for none, and how each is judged.
    [Theory]
    [InlineData("5", "Next")]
    [InlineData("5 6 7", "Next Next Next")]
    [InlineData("- - 3", "Next Next Next")]
    [InlineData("5 - 7", "Next Next Next")]
    [InlineData("5 8 9", "Next Gap Next")]
    [InlineData("5 5", "Next Duplicate")]
    [InlineData("5 6 5", "Next Next Duplicate")]
    [InlineData("5 8 6 7 8", "Next Gap TooLate TooLate Duplicate")]
    [InlineData("5 4", "Next TooLate")]
    [InlineData("0 0 1", "Next Duplicate Next")]
    [InlineData("5/1 6 7/1", "Next Next Next")]
    [InlineData("5/1 1/2 2/2", "Next Restart Next")]
    [InlineData("5/2 6/1 6/2", "Next TooLate Next")]
    [InlineData("5 1/0 2/0", "Next Restart Next")]
    [InlineData("5 -/3 2", "Next Restart Next")]
    [InlineData("5/1 9/1 1/2 7/1 7/2", "Next Gap Restart TooLate Gap")]
    [InlineData("18446744073709551614 - - 18446744073709551615", "Next Next Exhausted Duplicate")]
    [InlineData("18446744073709551615 - 1/1", "Next Exhausted Restart")]
    [InlineData("1 18446744073709551615 2 1", "Next Gap TooLate Duplicate")]
    [InlineData("18446744073709551615 0", "Next TooLate")]
    public void Judge_Ticks_AreJudgedByTheirOrder(string ticks, string expected)
    {
        var order = default(StreamOrder);
        var judged = new List<Arrival>();
        foreach (var (seq, run) in ticks.Split(' ').Select(Parse))
        {
            var arrival = order.Judge(seq, run, acknowledged: true);
            judged.Add(arrival);
            if (arrival is Arrival.Next or Arrival.Gap or Arrival.Restart)
                order.Accept(arrival, seq, run);
        }

        Assert.Equal(expected, string.Join(' ', judged));
    }

    [Fact]
    public void Accept_WithoutSeq_CountsOn()
    {
        var order = default(StreamOrder);
        Assert.Equal(1UL, order.Accept(Arrival.Next, null, null));
        Assert.Equal(2UL, order.Accept(Arrival.Next, null, null));
        Assert.Equal(9UL, order.Accept(Arrival.Gap, 9, null));
        Assert.Equal(10UL, order.Accept(Arrival.Next, null, null));
        Assert.Equal(1UL, order.Accept(Arrival.Restart, null, 4));
    }

    [Fact]
    public void Judge_InAGapThatIsForgotten_IsADuplicate()
    {
        var order = default(StreamOrder);
        order.Accept(Arrival.Next, 1, null);
        for (ulong seq = 3; order.Last < 19; seq += 2)
            order.Accept(Arrival.Gap, seq, null);
        Assert.Equal(StreamOrder.GapsRemembered, order.GapCount);
        Assert.Equal(new Gap(4, 4), order.GapAt(0));
        Assert.Equal(new Gap(18, 18), order.GapAt(7));
        Assert.Equal(Arrival.Duplicate, order.Judge(2, null, true));
        for (ulong seq = 4; seq < 19; seq += 2)
            Assert.Equal(Arrival.TooLate, order.Judge(seq, null, true));
    }

    [Fact]
    public void Judge_AfterARefusal_WaitsForTheSeqThatIsOwedWhereRefusalsAreTold()
    {
        var order = default(StreamOrder);
        order.Accept(Arrival.Next, 5, null);
        order.Owe(7);
        order.Owe(6);
        order.Owe(9);
        Assert.Equal(Arrival.NotNext, order.Judge(7, null, acknowledged: true));
        Assert.Equal(Arrival.Gap, order.Judge(7, null, acknowledged: false));
        Assert.Equal(Arrival.Next, order.Judge(null, null, acknowledged: true));
        Assert.Equal(Arrival.Duplicate, order.Judge(5, null, acknowledged: true));
        Assert.Equal(Arrival.Restart, order.Judge(1, 1, acknowledged: true));
        order.Accept(order.Judge(6, null, true), 6, null);
        Assert.Equal(Arrival.Next, order.Judge(7, null, acknowledged: true));
        Assert.Equal(Arrival.Gap, order.Judge(8, null, acknowledged: true));
    }

    [Fact]
    public void Owe_BeforeTheFirstTick_HoldsBackTheLaterOnes()
    {
        var order = default(StreamOrder);
        order.Owe(3);
        Assert.Equal(Arrival.NotNext, order.Judge(4, null, true));
        Assert.Equal(Arrival.Next, order.Judge(3, null, true));
        Assert.Equal(Arrival.Next, order.Judge(2, null, true));
    }

    [Fact]
    public void Any_ticks_are_judged_as_a_list_of_sets_would() => Properties.Hold<(byte, byte)[]>(static ticks =>
    {
        var order = default(StreamOrder);
        var naive = new NaiveOrder();
        foreach (var (what, how) in ticks)
        {
            ulong? seq = (what & 15) switch
            {
                0 => null,
                1 => order.Last + 2 + (ulong)(how & 3),
                2 => Math.Min(order.Last, how),
                3 => order.Last - Math.Min(order.Last, (ulong)(how & 31)),
                4 => (ulong)what + how,
                _ => order.Last + 1,
            };
            ulong? run = (what & 0x70) switch { 0 => (ulong)(how & 7), 0x10 => naive.Run, _ => null };
            var acknowledged = (how & 0x80) != 0;
            if (what == 255 && seq is { } owed)
            {
                order.Owe(owed);
                naive.Owed = Math.Min(owed, naive.Owed ?? Most);
                continue;
            }

            var judged = order.Judge(seq, run, acknowledged);
            if (judged != naive.Judge(seq, run, acknowledged))
                return false;
            if (judged is Arrival.Next or Arrival.Gap or Arrival.Restart
                && order.Accept(judged, seq, run) != naive.Accept(judged, seq, run))
                return false;
        }

        return true;
    });

    private static (ulong? Seq, ulong? Run) Parse(string tick)
    {
        var parts = tick.Split('/');
        return (parts[0] == "-" ? null : ulong.Parse(parts[0]), parts.Length == 1 ? null : ulong.Parse(parts[1]));
    }

    /// <summary>The rules of the protocol, with every number kept.</summary>
    private sealed class NaiveOrder
    {
        private readonly HashSet<ulong> _stepped = [];
        private readonly List<HashSet<ulong>> _gaps = [];

        public ulong? Run { get; private set; }
        public ulong? Owed { get; set; }

        public Arrival Judge(ulong? seq, ulong? run, bool acknowledged)
        {
            var started = _stepped.Count != 0;
            if (started && run is not null && run != Run)
                return Run is not null && run < Run ? Arrival.TooLate : Arrival.Restart;
            if (acknowledged && Owed is not null && seq > Owed)
                return Arrival.NotNext;
            if (!started || seq is null || seq == _stepped.Max() + 1)
                return Arrival.Next;
            if (seq > _stepped.Max())
                return Arrival.Gap;
            // What was passed over longer ago than the gaps remembered can't be told from what was stepped.
            var isPassedOver = _gaps.TakeLast(StreamOrder.GapsRemembered).Any(gap => gap.Contains(seq.Value));
            return isPassedOver || seq < _stepped.Min() ? Arrival.TooLate : Arrival.Duplicate;
        }

        public ulong Accept(Arrival arrival, ulong? seq, ulong? run)
        {
            Run = run ?? Run;
            if (arrival == Arrival.Restart)
            {
                _stepped.Clear();
                _gaps.Clear();
            }

            var expected = _stepped.Count == 0 ? 1 : _stepped.Max() + 1;
            var number = seq ?? expected;
            if (arrival == Arrival.Gap)
                _gaps.Add([.. Enumerable.Range(0, (int)(number - expected)).Select(i => expected + (ulong)i)]);
            _stepped.Add(number);
            if (arrival == Arrival.Restart || number >= Owed)
                Owed = null;
            return number;
        }
    }
}
