using Realtime.Daemon.Tests.Simulation;
using Xunit.Abstractions;

namespace Realtime.Daemon.Tests.Recovery;

/// <summary>The simulation finds faults that are planted.</summary>
public sealed class MutantTests(ITestOutputHelper output)
{
    private const int Frames = 1000;
    private const int Seeds = 24;

    public static TheoryData<string> Mutants => [.. DurableMutants.All.Keys];

    [Theory]
    [MemberData(nameof(Mutants))]
    public void A_planted_fault_is_found(string mutant)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            try
            {
                DurableSeeds.Run(seed, Frames, DurableMutants.All[mutant]);
            }
            catch (InvalidOperationException e)
            {
                output.WriteLine(e.Message);
                return;
            }
        }

        Assert.Fail($"{Seeds} seeds did not find it");
    }
}
