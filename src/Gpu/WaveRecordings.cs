namespace Realtime.Gpu;

/// <summary>
/// Recorded steps for waves of up to 64, 256, 1,024 and 4,096 rows. The kernels read from the wave how many there are,
/// so that a recording serves every wave that fits.
/// </summary>
internal sealed class WaveRecordings(GpuQueue queue) : IDisposable
{
    private static readonly int[] Rooms = [64, 256, 1024, 4096];

    private readonly GpuRecording?[] _recordings = new GpuRecording?[Rooms.Length];
    private bool _can = true;

    /// <summary>Rows of the recording that a wave takes; its own where none does.</summary>
    public int Room(int rows)
    {
        if (!_can) return rows;
        int i = IndexOf(rows);
        return i < Rooms.Length ? Rooms[i] : rows;
    }

    /// <summary>Starts the recording for so much room, made where there is none yet.</summary>
    /// <returns>False: there are no recordings here.</returns>
    public bool Start(int room, GpuEngine engine)
    {
        if (!_can) return false;
        int i = IndexOf(room);
        GpuRecording? recording = _recordings[i] ??= queue.Record(() => engine.StepRows(room));
        if (recording is null)
        {
            _can = false;
            return false;
        }

        recording.Start();
        return true;
    }

    /// <summary>Memory or arguments are others than when they were recorded.</summary>
    public void Forget()
    {
        for (int i = 0; i < _recordings.Length; i++)
        {
            _recordings[i]?.Dispose();
            _recordings[i] = null;
        }
    }

    public void Dispose() => Forget();

    private static int IndexOf(int rows)
    {
        int i = 0;
        while (i < Rooms.Length && Rooms[i] < rows) i++;
        return i;
    }
}
