namespace Realtime.Daemon.Sensors;

/// <summary>Bytes received and sent by each network interface that has carried any.</summary>
internal static class NetworkSensors
{
    private const int FieldsBeforeSent = 7;
    private const string Loopback = "lo";

    public static void Read(string proc, SensorSweep sweep)
    {
        var text = ProcFile.Read(proc, "net/dev");
        var others = false;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (TryParse(line, out var name, out var received, out var sent) && name is not Loopback)
            {
                others = true;
                Report(name, received, sent, sweep);
            }
        }
        if (others)
        {
            return;
        }
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (TryParse(line, out var name, out var received, out var sent))
            {
                Report(name, received, sent, sweep);
            }
        }
    }

    // name: bytes packets errs drop fifo frame compressed multicast bytes packets …
    private static bool TryParse(
        ReadOnlySpan<char> line, out ReadOnlySpan<char> name, out ulong received, out ulong sent)
    {
        name = default;
        (received, sent) = (0, 0);
        var colon = line.LastIndexOf(':');
        if (colon < 0)
        {
            return false;
        }
        name = line[..colon].Trim();
        var fields = line[(colon + 1)..];
        if (!ProcFile.TryNextCount(ref fields, out received))
        {
            return false;
        }
        for (var i = 0; i < FieldsBeforeSent; i++)
        {
            ProcFile.NextField(ref fields);
        }
        return ProcFile.TryNextCount(ref fields, out sent) && received + sent > 0;
    }

    private static void Report(ReadOnlySpan<char> name, ulong received, ulong sent, SensorSweep sweep)
    {
        sweep.Rate($"host/net/{name}/rx", received, "B/s");
        sweep.Rate($"host/net/{name}/tx", sent, "B/s");
    }
}
