using System.Globalization;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>Simulations by their seeds; a failure names the seed that repeats it.</summary>
internal static class DurableSeeds
{
    public const string Variable = "REALTIME_SEED";

    /// <summary>The one that the environment asks for; null where it asks for none.</summary>
    public static int? Asked => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } text
        ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    public static DurableTally Run(
        int seed, int frames, DurableMutation? mutation = null, bool isOnDevice = false)
    {
        var simulation = new DurableSimulation(seed, mutation, isOnDevice);
        try
        {
            return simulation.Run(frames);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException(
                $"{Variable}={seed}, frame {simulation.Frame} of {frames}: {e.Message}", e);
        }
        finally
        {
            simulation.Dispose();
        }
    }
}
