using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Realtime.Daemon.Hosting.Systemd;

/// <summary>
/// Tells the service manager how the daemon does, by datagrams to its <c>NOTIFY_SOCKET</c>. Where there is none,
/// nothing
/// happens.
/// </summary>
public sealed class ServiceNotifier : IDisposable
{
    // Between two words from a start or a stop that goes on; far more than it takes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly UnixDomainSocketEndPoint? _address;
    private readonly Socket? _quick;
    private readonly Socket? _patient;

    /// <param name="socket">A path, or a name behind an @; null where no service manager listens.</param>
    /// <param name="watchdog">A silence for so long ends the daemon; null where none does.</param>
    public ServiceNotifier(string? socket, TimeSpan? watchdog = null)
    {
        if (string.IsNullOrEmpty(socket) || socket[0] is not ('/' or '@'))
            return;
        Watchdog = watchdog;
        _address = new UnixDomainSocketEndPoint(socket[0] == '@' ? '\0' + socket[1..] : socket);
        _quick = Open();
        _quick.Blocking = false;
        _patient = Open();
        _patient.SendTimeout = 1000;
    }

    /// <summary>Somebody listens.</summary>
    public bool IsThere => _address is not null;

    /// <summary>How long the service manager waits for <see cref="Alive"/>; null where it does not.</summary>
    public TimeSpan? Watchdog { get; }

    /// <summary>By what the service manager has put into the environment.</summary>
    public static ServiceNotifier FromEnvironment() => From(Environment.GetEnvironmentVariable, Environment.ProcessId);

    internal static ServiceNotifier From(Func<string, string?> variable, int processId)
    {
        var isOurs = variable("WATCHDOG_PID") is null or ""
            || variable("WATCHDOG_PID") == processId.ToString(CultureInfo.InvariantCulture);
        var watchdog = isOurs && long.TryParse(
            variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var time) && time > 0
            ? TimeSpan.FromMicroseconds(time) : (TimeSpan?)null;
        return new ServiceNotifier(variable("NOTIFY_SOCKET"), watchdog);
    }

    /// <summary>It starts still; from here on it may take its time again.</summary>
    public bool Starting(string status) => Send(_patient, Extend(Patience), Status(status));

    public bool Ready(string status) => Send(_patient, "READY=1", Status(status));

    public bool Reloading(string status) => Send(_patient, "RELOADING=1", MonotonicTime(), Status(status));

    /// <param name="within">How long it may take.</param>
    /// <param name="status">In words.</param>
    public bool Stopping(TimeSpan within, string status) =>
        Send(_patient, "STOPPING=1", Extend(within + Patience), Status(status));

    /// <summary>It lives: feeds the watchdog where there is one. Never waits.</summary>
    /// <param name="status">Null where it has not changed.</param>
    public bool Alive(string? status) =>
        Send(_quick, Watchdog is null ? null : "WATCHDOG=1", status is null ? null : Status(status));

    public void Dispose()
    {
        _quick?.Dispose();
        _patient?.Dispose();
    }

    private static Socket Open() => new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    private static string Status(string status) => "STATUS=" + status.ReplaceLineEndings(" ");

    private static string Extend(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"EXTEND_TIMEOUT_USEC={(long)time.TotalMicroseconds}");

    // Without it a service manager that waits for the end of a reload waits for ever.
    private static string MonotonicTime() => string.Create(
        CultureInfo.InvariantCulture,
        $"MONOTONIC_USEC={(long)(Stopwatch.GetTimestamp() * (1e6 / Stopwatch.Frequency))}");

    private bool Send(Socket? socket, params string?[] words)
    {
        var message = string.Join('\n', words.Where(static word => word is not null));
        if (socket is null || message.Length == 0)
            return false;
        try
        {
            socket.SendTo(Encoding.UTF8.GetBytes(message), _address!);
            return true;
        }
        catch (SocketException)
        {
            // A service manager that does not read: it will not be told by any other way either.
            return false;
        }
    }
}
