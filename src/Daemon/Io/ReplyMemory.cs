using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Realtime.Daemon.Frames.Access;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Io;

/// <summary>
/// Sends replies to clients and knows how many bytes of them wait to leave, for each and in all: a client that asks and
/// does not read is bounded by them, where libzmq counts messages alone.
/// </summary>
/// <remarks>
/// Small replies are bounded well enough by their number. Large ones lie in memory that libzmq gives back, by a call
/// from its own thread, when they have left or their connection has gone. Clients share counters by a hash of their
/// routing ids, which libzmq chooses.
/// </remarks>
internal sealed unsafe class ReplyMemory
{
    // Replies up to here are copied by libzmq, and bounded by its number of messages.
    private const int SmallMax = 1024;

    private const int Counters = 4096;

    // Never freed: a reply may leave after the sockets are gone.
    private readonly long* _waiting = (long*)NativeMemory.AllocZeroed(Counters + 1, sizeof(long));
    private readonly long _totalMax;
    private readonly long _clientMax;
    private readonly LimitHits _hits;

    /// <param name="bytesMax">Bytes of replies that may wait; a quarter of them for one client.</param>
    /// <param name="hits">Where it counts what it drops.</param>
    public ReplyMemory(long bytesMax, LimitHits hits) =>
        (_totalMax, _clientMax, _hits) = (bytesMax, bytesMax / 4, hits);

    /// <summary>Bytes that wait now.</summary>
    public long Waiting => Volatile.Read(ref _waiting[Counters]);

    /// <summary>Sends a reply, or drops it; true where it went.</summary>
    public bool TrySend(ZmqSocket socket, ReadOnlySpan<byte> identity, bool delimiter, ReadOnlySpan<byte> payload)
    {
        if (payload.Length <= SmallMax)
            return socket.TrySendTo(identity, payload, delimiter) == SendOutcome.Sent;
        var counter = (int)(Hash(identity) % Counters);
        var before = Volatile.Read(ref _waiting[counter]);
        // One reply of any size may go, where nothing else waits for its client.
        if (before != 0 && before + payload.Length > _clientMax || Waiting + payload.Length > _totalMax)
        {
            _hits.CountReply();
            return false;
        }

        return socket.TrySendTo(identity, delimiter, Keep(payload, counter), payload.Length, &GiveBack)
            == SendOutcome.Sent;
    }

    private byte* Keep(ReadOnlySpan<byte> payload, int counter)
    {
        var block = (Header*)NativeMemory.Alloc((nuint)(sizeof(Header) + payload.Length));
        *block = new Header { Size = payload.Length, Client = &_waiting[counter], Total = &_waiting[Counters] };
        Add(block, payload.Length);
        var data = (byte*)(block + 1);
        payload.CopyTo(new Span<byte>(data, payload.Length));
        return data;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void GiveBack(void* data, void* hint)
    {
        var block = (Header*)data - 1;
        Add(block, -block->Size);
        NativeMemory.Free(block);
    }

    private static void Add(Header* block, long bytes)
    {
        Interlocked.Add(ref *block->Client, bytes);
        Interlocked.Add(ref *block->Total, bytes);
    }

    // FNV-1a.
    private static uint Hash(ReadOnlySpan<byte> identity)
    {
        var hash = 2166136261;
        foreach (var value in identity)
            hash = (hash ^ value) * 16777619;
        return hash;
    }

    private struct Header
    {
        public long Size;
        public long* Client;
        public long* Total;
    }
}
