using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Recovery;

/// <summary>The snapshots of a state directory: what a world can begin from.</summary>
/// <param name="disk">The directory.</param>
/// <param name="notice">Told of each one that is damaged.</param>
public sealed class SnapshotBases(IDisk disk, Action<string> notice)
{
    private readonly Dictionary<string, bool> _isWhole = [];

    /// <summary>The newest whole one, of those up to a record; null where there is none.</summary>
    public StateFile? Newest(ulong most = ulong.MaxValue) => FirstWhole(
        StateFiles.Snapshots(disk).Where(file => file.Number <= most).Reverse(), "before");

    /// <summary>The oldest whole one, of those from a record on; null where there is none.</summary>
    public StateFile? Oldest(ulong least) => FirstWhole(
        StateFiles.Snapshots(disk).Where(file => file.Number >= least), "behind");

    /// <summary>Puts the streams of a snapshot into an empty world.</summary>
    /// <param name="file">A whole one.</param>
    /// <param name="world">Empty.</param>
    /// <param name="setup">What its streams were made with.</param>
    /// <exception cref="InvalidDataException">It is not what this version writes.</exception>
    public LoadedStreams Load(StateFile file, World world, out Setup setup)
    {
        using var snapshot = new SnapshotReader(disk, file.Name);
        setup = Setup.Read(snapshot.Header.Description);
        var loader = new SnapshotLoader(world, setup);
        while (snapshot.Read())
            loader.Load(snapshot.Payload, (int)snapshot.Kind);
        return loader.Loaded;
    }

    private StateFile? FirstWhole(IEnumerable<StateFile> files, string side)
    {
        foreach (var file in files)
        {
            if (!_isWhole.TryGetValue(file.Name, out var isWhole))
            {
                var damage = SnapshotReader.Check(disk, file.Name);
                _isWhole[file.Name] = isWhole = damage is null;
                if (damage is not null)
                    notice($"{damage.Message}; the snapshot {side} it is taken");
            }

            if (isWhole)
                return file;
        }

        return null;
    }
}
