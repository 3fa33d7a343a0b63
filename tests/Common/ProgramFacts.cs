namespace Realtime.Tests;

/// <summary>A fact that needs a program; skipped, saying so, where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProgramFactAttribute : FactAttribute
{
    /// <param name="program">Its name.</param>
    /// <param name="package">Debian's that has it, where that is called otherwise.</param>
    public ProgramFactAttribute(string program, string? package = null) => Skip = Reason(program, package);

    internal static string? Reason(string program, string? package) => Command.Exists(program)
        ? null : $"NOT TESTED: no {program} (apt-get install {package ?? program})";
}

/// <summary>A theory that needs a program; skipped, saying so, where it is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ProgramTheoryAttribute : TheoryAttribute
{
    /// <param name="program">Its name.</param>
    /// <param name="package">Debian's that has it, where that is called otherwise.</param>
    public ProgramTheoryAttribute(string program, string? package = null) =>
        Skip = ProgramFactAttribute.Reason(program, package);
}
