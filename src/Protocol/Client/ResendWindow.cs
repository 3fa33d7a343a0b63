namespace Realtime.Protocol;

/// <summary>The ticks without an acknowledgement, as encoded: bounded in ticks and bytes. Slots are used again, so a
/// warm window allocates nothing.</summary>
internal sealed class ResendWindow
{
    public const int None = -1;

    private readonly Slot[] _slots;
    private readonly long _bytesMaximum;
    private int _free;
    private long _order;

    public ResendWindow(int ticks, long bytes)
    {
        _bytesMaximum = bytes;
        _slots = new Slot[ticks];
        for (int i = 0; i < ticks; i++)
            _slots[i].Next = i + 1 < ticks ? i + 1 : None;
    }

    /// <summary>How many ticks wait, and their bytes.</summary>
    public int Count { get; private set; }
    public long Bytes { get; private set; }

    public ref Slot this[int index] => ref _slots[index];

    /// <summary>Appends a tick to its stream's; <see cref="None"/> where the window is full. An empty window takes
    /// a tick of any size.</summary>
    public int Add(PublishedStream stream, ulong seq, ReadOnlySpan<byte> tick)
    {
        if (_free == None || (Count != 0 && Bytes + tick.Length > _bytesMaximum))
            return None;
        int index = _free;
        ref Slot slot = ref _slots[index];
        _free = slot.Next;
        if (slot.Buffer is null || slot.Buffer.Length < tick.Length)
            slot.Buffer = new byte[Math.Max(64, tick.Length)];
        tick.CopyTo(slot.Buffer);
        slot.Length = tick.Length;
        slot.Stream = stream;
        slot.Seq = seq;
        slot.Order = _order++;
        slot.WasSent = false;
        slot.Next = None;
        if (stream.Tail == None)
            stream.Head = index;
        else
            _slots[stream.Tail].Next = index;
        stream.Tail = index;
        Count++;
        Bytes += tick.Length;
        return index;
    }

    /// <summary>Takes a tick out; mostly its stream's first.</summary>
    public void Release(int index)
    {
        ref Slot slot = ref _slots[index];
        PublishedStream stream = slot.Stream;
        int before = None;
        for (int i = stream.Head; i != index; i = _slots[i].Next)
            before = i;
        if (before == None)
            stream.Head = slot.Next;
        else
            _slots[before].Next = slot.Next;
        if (stream.Tail == index)
            stream.Tail = before;
        slot.Next = _free;
        _free = index;
        Count--;
        Bytes -= slot.Length;
    }

    /// <summary>One tick that waits.</summary>
    public struct Slot
    {
        public PublishedStream Stream;
        public ulong Seq;

        /// <summary>Its place among all ticks taken.</summary>
        public long Order;
        public byte[] Buffer;
        public int Length;

        /// <summary>The stream's next tick; of a free slot the next free one.</summary>
        public int Next;
        public bool WasSent;

        public readonly ReadOnlySpan<byte> Tick => Buffer.AsSpan(0, Length);
    }
}
