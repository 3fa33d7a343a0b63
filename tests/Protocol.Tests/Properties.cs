using FsCheck;
using FsCheck.Fluent;

namespace Realtime.Protocol.Tests;

/// <summary>FsCheck properties from a plain [Fact]; a failure's text has the seed to repeat it.</summary>
internal static class Properties
{
    public static void Hold<T>(Func<T, bool> property, int tests = 500) =>
        Check(Prop.ForAll(ArbMap.Default.ArbFor<T>(), property), tests);

    public static void Hold<T>(Arbitrary<T> values, Func<T, bool> property, int tests = 500) =>
        Check(Prop.ForAll(values, property), tests);

    private static void Check(Property property, int tests) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests), property);
}
