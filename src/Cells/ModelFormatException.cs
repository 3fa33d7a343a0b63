namespace Realtime.Cells;

/// <summary>
/// A model file that is not as the format says. The message is one line: file, key or tensor, and what is wrong.
/// </summary>
public sealed class ModelFormatException : Exception
{
    /// <param name="origin">The file, or where its bytes came from.</param>
    /// <param name="place">The key (<c>layers[1].hidden</c>) or tensor (<c>tensor 'rnn0.bias_ih'</c>).</param>
    /// <param name="problem">What was expected and what was found.</param>
    /// <param name="inner">What was thrown where the problem was noticed.</param>
    public ModelFormatException(string origin, string place, string problem, Exception? inner = null)
        : base($"{origin}: {place}: {problem}", inner)
    {
        Origin = origin;
        Place = place;
    }

    public string Origin { get; }
    public string Place { get; }
}
