namespace Realtime.Daemon.Frames;

/// <summary>Which model serves a stream: the first one that has a pattern matching its name.</summary>
public sealed class ModelRoutes
{
    private readonly (StreamPattern Pattern, int Model)[] _routes;

    /// <param name="patterns">Each model's patterns, in the order of the configuration.</param>
    public ModelRoutes(IEnumerable<IReadOnlyList<string>> patterns) => _routes =
        [.. patterns.SelectMany((texts, model) => texts.Select(text => (new StreamPattern(text), model)))];

    /// <summary>The model's index, or -1 where no pattern matches. Allocates nothing.</summary>
    public int Find(ReadOnlySpan<byte> stream)
    {
        foreach (var (pattern, model) in _routes)
        {
            if (pattern.Matches(stream))
            {
                return model;
            }
        }
        return -1;
    }
}
