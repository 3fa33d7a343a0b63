using System.Runtime.ExceptionServices;

namespace Realtime.Cells;

/// <summary>
/// A thread that runs the same action whenever it is told to. It looks for the next turn for some ten microseconds, in
/// which a busy loop comes back, and then sleeps.
/// </summary>
internal sealed class Worker : IDisposable
{
    private const int Looks = 200;
    private const int Pause = 10;

    private readonly Action _action;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private Exception? _failure;
    private int _asked;
    private int _done;
    private int _sleeps;
    private bool _ends;

    public Worker(string name, Action action)
    {
        _action = action;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>Starts a turn, with all that was written before in sight. The last one has been awaited.</summary>
    public void Start()
    {
        Interlocked.Increment(ref _asked);
        if (Volatile.Read(ref _sleeps) != 0) _wake.Set();
    }

    /// <summary>Returns after the turn, with all that it wrote in sight.</summary>
    public void Await()
    {
        var spin = new SpinWait();
        while (Volatile.Read(ref _done) != _asked) spin.SpinOnce(sleep1Threshold: -1);
    }

    /// <summary>Throws what a turn that has been awaited threw.</summary>
    public void ThrowWhatFailed()
    {
        if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
    }

    public void Dispose()
    {
        _ends = true;
        Start();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        for (int turn = 0; ; Volatile.Write(ref _done, turn))
        {
            AwaitTurnAfter(turn++);
            if (_ends) return;
            try
            {
                _action();
            }
            catch (Exception e)
            {
                _failure = e;
            }
        }
    }

    private void AwaitTurnAfter(int turn)
    {
        for (int look = 0; look < Looks; look++)
        {
            if (Volatile.Read(ref _asked) != turn) return;
            Thread.SpinWait(Pause);
        }

        // Says that it sleeps before it looks for the last time, as the other side asks before it looks who sleeps.
        Interlocked.Exchange(ref _sleeps, 1);
        while (Volatile.Read(ref _asked) == turn) _wake.WaitOne();
        Volatile.Write(ref _sleeps, 0);
    }
}
