using Realtime.Daemon.Frames.Requests;
using Realtime.Protocol;

namespace Realtime.Daemon.Frames.Snapshots;

/// <summary>Recorded changes of the world other than steps, made again.</summary>
internal static class WorldReplay
{
    /// <exception cref="InvalidDataException">The change does not fit the world.</exception>
    public static void Apply(World world, in Change change, ReadOnlySpan<byte> bytes)
    {
        switch (change.Kind)
        {
            case ChangeKind.Admitted:
                world.Place(change.Row, bytes, change.IsId);
                break;
            case ChangeKind.Put:
                Put(world, change.Row, bytes);
                break;
            case ChangeKind.Forgotten:
            case ChangeKind.Evicted:
                RequireUsed(world, in change);
                world.Models[world.Streams[change.Row].Model].GiveBack(world.Streams[change.Row].ModelRow);
                world.Streams.Remove(change.Row);
                break;
            case ChangeKind.Owed:
                Owe(world, in change, bytes);
                break;
            case ChangeKind.Setup:
                Describe(world, Setup.Read(bytes));
                break;
            default:
                throw new InvalidDataException($"a change of unknown kind {(int)change.Kind}");
        }
    }

    // Of what a description tells, a replay needs which predictions were flagged; the models are those of now.
    private static void Describe(World world, Setup setup)
    {
        foreach (var host in world.Models)
            host.HasSuccessor = setup.Models.Any(model => model.Name == host.Name && model.HasSuccessor);
    }

    private static void Put(World world, int row, ReadOnlySpan<byte> state)
    {
        if (!world.Streams.IsUsed(row))
            throw new InvalidDataException($"row {row}: a state for a row that is not in use");
        ref var stream = ref world.Streams[row];
        if (!stream.Order.Started)
            world.Rehouse(row, world.ModelFor(world.Streams.Name(row), StateReader.ModelOf(state)));
        if (!StateReader.TryReadRecorded(state, world.Models[stream.Model], out var image, out var fault))
            throw new InvalidDataException($"row {row}: a state that does not fit: {fault}");
        image.Put(ref stream, world.Now);
    }

    private static void Owe(World world, in Change change, ReadOnlySpan<byte> name)
    {
        if (change.Row < 0)
        {
            if (change.Seq != ChangeLog.NotOwed)
                world.Refused.Owe(name, change.Seq);
            else
                world.Refused.Settle(name);
            return;
        }

        RequireUsed(world, in change);
        ref var order = ref world.Streams[change.Row].Order;
        order.Owed = change.Seq;
        order.IsOwed = change.Seq != 0;
    }

    private static void RequireUsed(World world, in Change change)
    {
        if (!world.Streams.IsUsed(change.Row))
            throw new InvalidDataException($"row {change.Row}: {change.Kind} of a row that is not in use");
    }
}
