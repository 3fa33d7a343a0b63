namespace Realtime.Daemon.Configuration;

/// <summary>Which model serves a stream: the first one that has a pattern matching its name.</summary>
public sealed class ModelRoutes
{
    private readonly (StreamPattern Pattern, int Model)[] _routes;

    /// <param name="models">In the order of the configuration; null is the built-in one for every stream.</param>
    public ModelRoutes(IReadOnlyList<ModelOptions>? models) => _routes = models is null
        ? [(new StreamPattern("*"), 0)]
        : [.. models.SelectMany((model, index) => model.Streams.Select(text => (new StreamPattern(text), index)))];

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
