using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Realtime.Daemon.Frames;

/// <summary>
/// Rows by the bytes of their streams' names: open addressing with linear probing, at most half full. Finding allocates
/// nothing.
/// </summary>
/// <remarks>
/// The hash is keyed anew in each table, so that names can't be chosen to collide; nothing depends on the order of the
/// slots. A slot keeps 32 bits of the hash, which are compared before any name is looked at.
/// </remarks>
internal sealed class NameTable
{
    // No larger than it must be: where few streams live, their slots stay in the nearest cache.
    private const int LeastSlots = 64;

    private readonly ulong _key0;
    private readonly ulong _key1;
    private Slot[] _slots = new Slot[LeastSlots];

    // By row, the one that was last looked for behind it: publishers name their streams in turn.
    private int[] _followers = new int[LeastSlots];
    private int _last;

    public NameTable()
    {
        Span<ulong> keys = stackalloc ulong[2];
        RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(keys));
        (_key0, _key1) = (keys[0], keys[1]);
    }

    public int Count { get; private set; }

    /// <summary>The row, or -1.</summary>
    /// <param name="name">The name looked for.</param>
    /// <param name="names">Names by row.</param>
    public int Find(ReadOnlySpan<byte> name, NameSlabs names)
    {
        if (Count == 0 || name.IsEmpty)
            return -1;
        // A row that was given up has no name.
        var row = _followers[_last];
        if (!name.SequenceEqual(names[row]))
        {
            row = Search(name, names);
            if (row < 0)
                return -1;
            _followers[_last] = row;
        }

        return _last = row;
    }

    private int Search(ReadOnlySpan<byte> name, NameSlabs names)
    {
        var hash = Hash(name);
        var slots = _slots;
        for (var i = (int)hash & (slots.Length - 1); ; i = (i + 1) & (slots.Length - 1))
        {
            var slot = slots[i];
            if (slot.Number == 0)
                return -1;
            if (slot.Hash == hash && name.SequenceEqual(names[slot.Number - 1]))
                return slot.Number - 1;
        }
    }

    /// <summary>Adds a name that is not there.</summary>
    public void Add(ReadOnlySpan<byte> name, int row)
    {
        if (2 * (Count + 1) > _slots.Length)
            Grow();
        if (row >= _followers.Length)
            Array.Resize(ref _followers, Math.Max(row + 1, 2 * _followers.Length));
        Put(_slots, new Slot(Hash(name), row + 1));
        Count++;
    }

    /// <summary>Removes a name that is there.</summary>
    public void Remove(ReadOnlySpan<byte> name, int row)
    {
        var mask = _slots.Length - 1;
        var free = (int)Hash(name) & mask;
        while (_slots[free].Number != row + 1)
            free = (free + 1) & mask;
        // What lies behind moves up as far as its own place allows, so that no search ends too early.
        for (var i = (free + 1) & mask; _slots[i].Number != 0; i = (i + 1) & mask)
        {
            if (((i - (int)_slots[i].Hash) & mask) < ((i - free) & mask))
                continue;
            _slots[free] = _slots[i];
            free = i;
        }

        _slots[free] = default;
        Count--;
    }

    private static void Put(Slot[] slots, Slot slot)
    {
        var i = (int)slot.Hash & (slots.Length - 1);
        while (slots[i].Number != 0)
            i = (i + 1) & (slots.Length - 1);
        slots[i] = slot;
    }

    private void Grow()
    {
        var slots = new Slot[checked(2 * _slots.Length)];
        foreach (var slot in _slots)
            if (slot.Number != 0)
                Put(slots, slot);
        _slots = slots;
    }

    // Products of 64 by 64 bits folded, keyed on both sides.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Hash(ReadOnlySpan<byte> name)
    {
        var (first, last, hash) = (0UL, 0UL, _key0);
        var length = name.Length;
        if (length >= 8)
        {
            for (; name.Length > 16; name = name[16..])
                hash = Fold(Word(name) ^ _key1, Word(name[8..]) ^ hash);
            // Of a longer name at least one byte is left; the words that end with it are whole.
            (first, last) = name.Length >= 8 ? (Word(name), Word(name[^8..])) : (Rest(name), ~0UL);
        }
        else
        {
            first = Rest(name);
        }

        var folded = Fold(first ^ _key1, last ^ hash);
        return (uint)Fold(folded ^ _key1, (ulong)length ^ _key0);
    }

    private static ulong Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    // Fewer than eight bytes; the whole length enters the hash beside them.
    private static ulong Rest(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 4)
            return BinaryPrimitives.ReadUInt32LittleEndian(bytes)
                | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[^4..]) << 32;
        var rest = 0UL;
        foreach (var b in bytes)
            rest = rest << 8 | b;
        return rest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong a, ulong b)
    {
        // The low half by a product of its own, which stays in a register.
        return Math.BigMul(a, b, out _) ^ unchecked(a * b);
    }

    /// <summary>A row's number is one more than the row, 0 where the slot is free.</summary>
    private readonly record struct Slot(uint Hash, int Number);
}
