using System.Net.Sockets;
using System.Text;

namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>The service manager's end of <c>NOTIFY_SOCKET</c>: keeps what it is told, with its time.</summary>
internal sealed class NotifyListener : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly List<(DateTime At, string Text)> _told = [];
    private readonly Thread _thread;

    public NotifyListener(string folder)
    {
        Address = Path.Combine(folder, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(Address));
        _thread = new Thread(Listen) { IsBackground = true };
        _thread.Start();
    }

    public string Address { get; }

    public IReadOnlyList<(DateTime At, string Text)> Told
    {
        get
        {
            lock (_told)
                return [.. _told];
        }
    }

    public string Everything => string.Join("\n--\n", Told.Select(static one => $"{one.At:HH:mm:ss.fff} {one.Text}"));

    /// <summary>The first that is so, behind the first <paramref name="from"/>; its index.</summary>
    public async Task<int> AwaitAsync(Func<string, bool> condition, string what, int from = 0, int seconds = 30)
    {
        var end = DateTime.UtcNow.AddSeconds(seconds);
        while (true)
        {
            var told = Told;
            for (var i = from; i < told.Count; i++)
                if (condition(told[i].Text))
                    return i;
            Assert.True(DateTime.UtcNow < end, $"{what} was not told within {seconds} s\n{Everything}");
            await Task.Delay(20);
        }
    }

    public Task<int> AwaitAsync(string word, int from = 0) =>
        AwaitAsync(text => text.Split('\n').Contains(word), word, from);

    public void Dispose()
    {
        _socket.Dispose();
        _thread.Join(1000);
    }

    private void Listen()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var size = _socket.Receive(buffer);
                lock (_told)
                    _told.Add((DateTime.UtcNow, Encoding.UTF8.GetString(buffer, 0, size)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
