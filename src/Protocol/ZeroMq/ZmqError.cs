namespace Realtime.Protocol.ZeroMq;

/// <summary>The errno values that are told apart here (Linux numbers; libzmq's own start at 156384712).</summary>
internal static class ZmqError
{
    public const int Interrupted = 4;
    public const int TryAgain = 11;
    public const int AddressInUse = 98;
    public const int HostUnreachable = 113;
    public const int ContextTerminated = 156384712 + 53;
}
