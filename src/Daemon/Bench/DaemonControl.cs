using System.Text;
using Realtime.Daemon.Commands;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Hosting;
using Realtime.Protocol;

namespace Realtime.Daemon.Bench;

/// <summary>What a measurement asks the daemon itself, before and after.</summary>
public sealed class DaemonControl(string requests, ClientKeys? keys = null) : IDisposable
{
    private readonly RealtimeClient _client = new(new RealtimeClientOptions
    {
        Requests = requests,
        Keys = keys?.Own,
        ServerKey = keys?.Server,
    });

    /// <summary>How many values a tick of the stream has.</summary>
    /// <exception cref="StartException">No model takes the stream, or none that takes plain numbers.</exception>
    public int InputsOf(string stream)
    {
        var name = Encoding.UTF8.GetBytes(stream);
        foreach (var model in _client.Request("describe")["models"].Items)
        {
            if (model["patterns"].Items.Any(pattern => new StreamPattern(pattern.AsString()!).Matches(name)))
                return model["inputs"].Items.Count;
        }

        throw new StartException(
            ExitCode.Failed, [$"no model of the daemon takes the stream {stream}; --prefix names others"]);
    }

    /// <summary>Sends one tick and sees that it is stepped.</summary>
    /// <exception cref="StartException">It is not.</exception>
    public void Try(TickFeed feed)
    {
        var reply = _client.Send(feed.Tick(feed.Next++));
        if (reply.Ack.Accepted != 1)
        {
            throw new StartException(
                ExitCode.Failed, [$"the daemon does not step the ticks: {reply.Errors[0].Detail}"]);
        }
    }

    /// <summary>Makes the daemon forget streams, so that counts start anew.</summary>
    public void Forget(string prefix) => _client.Request("forget", "prefix", prefix);

    /// <summary>Ticks stepped since the daemon's start.</summary>
    public long Stepped => _client.Request("stats")["stepped"].AsInt64() ?? 0;

    public void Dispose() => _client.Dispose();
}
