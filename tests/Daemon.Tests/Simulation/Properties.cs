using FsCheck;
using FsCheck.Fluent;

namespace Realtime.Daemon.Tests.Simulation;

/// <summary>FsCheck properties from a plain [Fact]; a failure's text has the seed to repeat it.</summary>
internal static class Properties
{
    public static void Hold<T>(Func<T, bool> property, int tests = 300) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(tests), Prop.ForAll(ArbMap.Default.ArbFor<T>(), property));
}
