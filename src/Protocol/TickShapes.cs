using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>
/// Layouts of the ticks read lately. A publisher's ticks mostly differ in nothing but the bytes of their numbers and
/// names: one that agrees with a known layout in every other byte has its elements where that one has them, and is
/// well-formed as that one is.
/// </summary>
/// <remarks>Used by one thread. A layout takes nothing from what it was learnt from but sizes, codes and keys, so that
/// what is found with it is what <see cref="TickReader"/> finds without.</remarks>
public sealed class TickShapes
{
    private const int Most = 16;
    private const int Smallest = 16;
    private const int Largest = 256;

    // Ticks of which one is learnt, so that senders without a layout don't pay for each.
    private const int LearnEvery = 8;

    private readonly Shape[] _shapes = new Shape[Most];
    private readonly byte[] _mask = new byte[Largest];
    private int _count;
    private int _oldest;
    private int _last;
    private int _unknown;

    // Grows with each layout learnt, which may take the place of another.
    private int _learnt;

    /// <summary>Finds the layout of the tick that begins here.</summary>
    /// <returns>The tick's size; 0 where its layout is not known.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Match(ReadOnlySpan<byte> payload, int position)
    {
        int last = _last;
        ReadOnlySpan<byte> rest = payload[position..];
        if (last < _count && _shapes[last].Fits(rest))
            return _shapes[last].Length;
        return MatchAny(rest);
    }

    /// <summary>The layout found last.</summary>
    internal Found Last => new(_last, _learnt);

    /// <summary>The size of a tick of a layout found earlier; 0 where it is not known any more, or there was none.
    /// </summary>
    internal int SizeOf(Found found)
    {
        if (found.Learnt != _learnt)
            return 0;
        _last = found.Index;
        return _shapes[found.Index].Length;
    }

    /// <summary>Where the elements of the tick found last lie, from its beginning.</summary>
    internal ref readonly TickFields Fields => ref _shapes[_last].Fields;

    /// <summary>The same for a tick that has little else.</summary>
    internal ref readonly PlainTick Plain => ref _shapes[_last].Plain;

    /// <summary>Takes note of a tick that was read without help.</summary>
    /// <param name="tick">Its bytes.</param>
    /// <param name="fields">Where its elements lie, from <paramref name="origin"/> on.</param>
    /// <param name="origin">Where the tick begins.</param>
    internal void Note(ReadOnlySpan<byte> tick, in TickFields fields, int origin)
    {
        // Without values it is a tick only where it stands in a batch.
        if (fields.Values == 0 || _unknown++ % LearnEvery != 0 || tick.Length is < Smallest or > Largest)
            return;
        var reader = new MessagePackReader(tick);
        Span<byte> mask = _mask.AsSpan(0, tick.Length);
        mask.Clear();
        if (!Shape.TryMark(tick, ref reader, mask, 0, exact: false))
            return;
        _last = _count < Most ? _count++ : _oldest++ % Most;
        _learnt++;
        _shapes[_last].Set(tick, mask, fields.From(origin));
    }

    private int MatchAny(ReadOnlySpan<byte> rest)
    {
        for (int i = 0; i < _count; i++)
        {
            if (!_shapes[i].Fits(rest))
                continue;
            _last = i;
            return _shapes[i].Length;
        }
        return 0;
    }

    /// <summary>A layout, as long as no other is learnt.</summary>
    internal readonly record struct Found(int Index, int Learnt);

    /// <summary>One layout: the bits that are the same in each of its ticks.</summary>
    private struct Shape
    {
        private const int DepthMax = 4;

        public int Length;
        public TickFields Fields;
        public PlainTick Plain;
        private byte[] _bits;
        private byte[] _mask;

        public void Set(ReadOnlySpan<byte> tick, ReadOnlySpan<byte> mask, in TickFields fields)
        {
            Length = tick.Length;
            Fields = fields;
            Plain = new PlainTick(tick, in fields);
            _bits ??= new byte[Largest];
            _mask ??= new byte[Largest];
            mask.CopyTo(_mask);
            for (int i = 0; i < tick.Length; i++)
                _bits[i] = (byte)(tick[i] & mask[i]);
        }

        public readonly bool Fits(ReadOnlySpan<byte> rest)
        {
            int length = Length;
            if (rest.Length < length)
                return false;
            ref byte tick = ref MemoryMarshal.GetReference(rest);
            ref byte bits = ref MemoryMarshal.GetArrayDataReference(_bits);
            ref byte mask = ref MemoryMarshal.GetArrayDataReference(_mask);
            // The last one overlaps the one before; a tick has at least the size of one.
            nuint end = (nuint)(length - Vector128<byte>.Count);
            Vector128<byte> differences = Differences(ref tick, ref bits, ref mask, end);
            for (nuint at = 0; at < end; at += (nuint)Vector128<byte>.Count)
                differences |= Differences(ref tick, ref bits, ref mask, at);
            return differences == Vector128<byte>.Zero;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector128<byte> Differences(ref byte tick, ref byte bits, ref byte mask, nuint at) =>
            (Vector128.LoadUnsafe(ref tick, at) & Vector128.LoadUnsafe(ref mask, at))
                ^ Vector128.LoadUnsafe(ref bits, at);

        /// <summary>Marks the bits of the next element that tell its size and kind; all of them where it must be the
        /// same: a key, or the number that tells the form.</summary>
        public static bool TryMark(
            ReadOnlySpan<byte> tick, ref MessagePackReader reader, Span<byte> mask, int depth, bool exact)
        {
            int start = reader.Position;
            MessagePackType type = reader.NextType;
            if (type is MessagePackType.Map or MessagePackType.Array)
                return TryMarkAll(tick, ref reader, mask, depth, type == MessagePackType.Map);
            if (!reader.TrySkip())
                return false;
            int kept = exact ? reader.Position - start : HeaderOf(tick[start..reader.Position], type);
            mask.Slice(start, kept).Fill(0xff);
            if (exact)
                return true;
            if (tick[start] < 0x80)
                mask[start] = 0x80;
            else if (tick[start] >= 0xe0)
                mask[start] = 0xe0;
            return true;
        }

        private static bool TryMarkAll(
            ReadOnlySpan<byte> tick, ref MessagePackReader reader, Span<byte> mask, int depth, bool isMap)
        {
            int start = reader.Position;
            int count = 0;
            bool isRead = depth < DepthMax
                && (isMap ? reader.TryReadMapHeader(out count) : reader.TryReadArrayHeader(out count));
            if (!isRead)
                return false;
            mask[start..reader.Position].Fill(0xff);
            for (int i = 0; i < count; i++)
            {
                if (isMap && !TryMark(tick, ref reader, mask, depth + 1, exact: true))
                    return false;
                bool isForm = !isMap && depth == 0 && i == 0;
                if (!TryMark(tick, ref reader, mask, depth + 1, isForm))
                    return false;
            }
            return true;
        }

        /// <summary>Bytes of a scalar before its content.</summary>
        private static int HeaderOf(ReadOnlySpan<byte> element, MessagePackType type)
        {
            var reader = new MessagePackReader(element);
            ReadOnlySpan<byte> content;
            switch (type)
            {
                case MessagePackType.String:
                    reader.TryReadString(out content);
                    return element.Length - content.Length;
                case MessagePackType.Binary:
                    reader.TryReadBinary(out content);
                    return element.Length - content.Length;
                case MessagePackType.Extension:
                    reader.TryReadExtension(out _, out content);
                    return element.Length - content.Length;
                default:
                    return 1;
            }
        }
    }
}
