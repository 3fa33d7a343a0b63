#if FAULT_INJECTION
using System.Runtime.InteropServices;
using Realtime.Daemon.Frames;

namespace Realtime.Daemon.Hosting;

/// <summary>Only in builds with <c>-p:FaultInjection=true</c>: SIGUSR1 makes the frame loop hang for ever.</summary>
internal static class FaultInjection
{
    // Of Linux; the enumeration has names for fewer signals than there are.
    private const PosixSignal UserSignal1 = (PosixSignal)10;

    public static PosixSignalRegistration Attach(FrameLoop loop) => PosixSignalRegistration.Create(
        UserSignal1, context =>
        {
            context.Cancel = true;
            loop.Post(static () => Thread.Sleep(Timeout.Infinite));
        });
}
#endif
