namespace Realtime.Cells.Tests.Support;

/// <summary>The system's Python, as an oracle that shares no code with the product.</summary>
internal static class Python
{
    public static string Run(params string[] arguments) => Command.Say(Command.Python, arguments);

    /// <summary>Whether a module is installed; it is not loaded, which takes seconds for PyTorch.</summary>
    public static bool Has(string module) => Command.Succeeds(
        Command.Python, "-c", $"import importlib.util as u; raise SystemExit(u.find_spec('{module}') is None)");
}

/// <summary>A fact that needs modules of Python; skipped where one cannot be imported.</summary>
internal sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute(params string[] modules)
    {
        string[] missing = [.. modules.Where(module => !Python.Has(module))];
        if (missing.Length == 0) return;
        string packages = string.Join(' ', missing.Select(module => $"python3-{module}"));
        Skip = $"SKIPPED: {Command.Python} cannot import {string.Join(", ", missing)} (Debian: {packages})";
    }
}
