using System.CommandLine;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary>Control requests to a running daemon, and the options that say where it is.</summary>
internal sealed class DaemonRequests : IDisposable
{
    private const int PageSize = 1000;

    // Requests that are under way at once: enough to hide the round trip.
    private const int Window = 64;

    private static readonly Option<string> To = CommonOptions.Requests();
    private static readonly Option<double?> Patience = CommonOptions.Seconds(
        "--timeout", "How long to wait for the daemon's answer (default 5)");

    private readonly RealtimeClient _client;

    private DaemonRequests(RealtimeClientOptions options) => _client = new RealtimeClient(options);

    public static void AddOptionsTo(Command command)
    {
        command.Options.Add(To);
        command.Options.Add(Patience);
        KeyOptions.AddTo(command);
    }

    public static DaemonRequests Open(ParseResult arguments)
    {
        var keys = KeyOptions.Read(arguments);
        var options = new RealtimeClientOptions
        {
            Requests = arguments.GetRequiredValue(To),
            Keys = keys?.Own,
            ServerKey = keys?.Server,
        };
        return new DaemonRequests(arguments.GetValue(Patience) is { } seconds
            ? options with { Timeout = TimeSpan.FromSeconds(seconds) }
            : options);
    }

    /// <summary>Makes a request and waits for its reply.</summary>
    /// <exception cref="RealtimeException">The daemon answered with an error.</exception>
    /// <exception cref="TimeoutException">It did not answer.</exception>
    public MessagePackValue Ask(string op, params (string Key, Action<MessagePackWriter> Value)[] arguments)
    {
        Post(op, arguments);
        return _client.ReceiveReply();
    }

    /// <summary>Makes a request for each item, several at once; replies come in order, an error in place of one.
    /// </summary>
    /// <param name="items">What to ask about.</param>
    /// <param name="op">The request.</param>
    /// <param name="argument">Its argument for an item.</param>
    public IEnumerable<(T Item, MessagePackValue Reply, RealtimeException? Error)> AskForEach<T>(
        IEnumerable<T> items, string op, Func<T, (string Key, Action<MessagePackWriter> Value)> argument)
    {
        foreach (var chunk in items.Chunk(Window))
        {
            foreach (var item in chunk)
                Post(op, argument(item));
            foreach (var item in chunk)
            {
                var (reply, error) = Receive();
                yield return (item, reply, error);
            }
        }
    }

    /// <summary>The streams by the order of their names, as the daemon lists them.</summary>
    /// <param name="prefix">Only those whose names start so.</param>
    /// <param name="after">Only those behind this name; null for all.</param>
    public IEnumerable<MessagePackValue> List(string prefix, string? after = null)
    {
        while (true)
        {
            var reply = Ask(
                "streams",
                ("prefix", Text(prefix)),
                ("after", Text(after)),
                ("limit", static writer => writer.WriteInt64(PageSize)));
            foreach (var stream in reply["streams"].Items)
            {
                after = NameOf(stream["stream"]);
                yield return stream;
            }

            if (!reply["more"].AsBoolean())
                yield break;
        }
    }

    /// <summary>The streams that do worst beside persistence, the worst first.</summary>
    public IEnumerable<MessagePackValue> Worst(string prefix) => Ask(
        "streams", ("prefix", Text(prefix)), ("worst", static writer => writer.WriteBoolean(true)))["streams"].Items;

    public static string NameOf(MessagePackValue stream) => stream.AsString() ?? stream.ToString();

    /// <summary>Writes a string; nil for null.</summary>
    public static Action<MessagePackWriter> Text(string? text) => writer =>
    {
        if (string.IsNullOrEmpty(text))
            writer.WriteNil();
        else
            writer.WriteString(text);
    };

    public void Dispose() => _client.Dispose();

    private (MessagePackValue Reply, RealtimeException? Error) Receive()
    {
        try
        {
            return (_client.ReceiveReply(), null);
        }
        catch (RealtimeException e) when (e.Code != ErrorCode.None)
        {
            return (MessagePackValue.Nil, e);
        }
    }

    private void Post(string op, params (string Key, Action<MessagePackWriter> Value)[] arguments)
    {
        var writer = new MessagePackWriter();
        writer.WriteMapHeader(1 + arguments.Length);
        writer.WriteString("op"u8);
        writer.WriteString(op);
        foreach (var (key, value) in arguments)
        {
            writer.WriteString(key);
            value(writer);
        }

        _client.Post(writer.Written);
    }
}
