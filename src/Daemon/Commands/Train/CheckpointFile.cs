using System.Diagnostics;
using Realtime.Cells;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary>
/// The checkpoint beside a model: one byte for the kind of target, then the trainer's own. It is there while training
/// goes on and after it was interrupted.
/// </summary>
internal sealed class CheckpointFile(string model)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private readonly string _path = model + ".checkpoint";
    private long _written = Stopwatch.GetTimestamp();

    /// <summary>What was read; null: training begins anew.</summary>
    public (ForecastTarget Target, ReadOnlyMemory<byte> State)? Found { get; private set; }

    /// <exception cref="StartException">There is none.</exception>
    public void Read()
    {
        try
        {
            var bytes = File.ReadAllBytes(_path);
            if (bytes.Length == 0 || bytes[0] > (byte)ForecastTarget.Difference)
                throw new StartException(ExitCode.Usage, [$"--resume: {_path} is not a checkpoint"]);
            Found = ((ForecastTarget)bytes[0], bytes.AsMemory(1));
        }
        catch (IOException e)
        {
            throw new StartException(
                ExitCode.Usage, [$"--resume: expected the checkpoint {_path}, found none: {e.Message}"]);
        }
    }

    /// <summary>Writes it, unless it was written a moment ago.</summary>
    public void Keep(ForecastTarget target, ReadOnlyMemory<byte> state, bool atOnce)
    {
        if (!atOnce && Stopwatch.GetElapsedTime(_written) < Every)
            return;
        var fresh = _path + ".new";
        File.WriteAllBytes(fresh, [(byte)target, .. state.Span]);
        File.Move(fresh, _path, overwrite: true);
        _written = Stopwatch.GetTimestamp();
    }

    /// <summary>Says where it is after an interruption, else removes it.</summary>
    public void End(bool wasCancelled, TextWriter output)
    {
        if (!wasCancelled)
            File.Delete(_path);
        else if (File.Exists(_path))
            output.WriteLine($"--resume goes on from {_path}");
    }
}
