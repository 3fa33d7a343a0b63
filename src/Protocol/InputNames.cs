using System.Text;

namespace Realtime.Protocol;

/// <summary>A model's input names, looked up by their UTF-8 bytes. Immutable, thread-safe.</summary>
public sealed class InputNames
{
    private readonly byte[][] _names;
    private readonly int[] _slots;

    public InputNames(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        _names = [.. names.Select(Encoding.UTF8.GetBytes)];
        int size = 4;
        while (size < 2 * _names.Length)
            size *= 2;
        _slots = new int[size];
        for (int i = 0; i < _names.Length; i++)
        {
            int slot = FindSlot(_names[i]);
            if (_slots[slot] != 0)
                throw new ArgumentException($"the input \"{names[i]}\" is there twice", nameof(names));
            _slots[slot] = i + 1;
        }
    }

    public int Count => _names.Length;

    /// <summary>The input's index, -1 for an unknown name.</summary>
    /// <param name="name">UTF-8.</param>
    /// <param name="guess">An index to try first: publishers mostly keep the model's order.</param>
    public int IndexOf(ReadOnlySpan<byte> name, int guess = 0)
    {
        if ((uint)guess < (uint)_names.Length && name.SequenceEqual(_names[guess]))
            return guess;
        return _slots[FindSlot(name)] - 1;
    }

    /// <summary>The slot that holds the name, or the free one where it would go.</summary>
    private int FindSlot(ReadOnlySpan<byte> name)
    {
        uint hash = 2166136261;
        foreach (byte b in name)
            hash = (hash ^ b) * 16777619;
        int mask = _slots.Length - 1;
        int slot = (int)hash & mask;
        while (_slots[slot] != 0 && !name.SequenceEqual(_names[_slots[slot] - 1]))
            slot = (slot + 1) & mask;
        return slot;
    }
}
