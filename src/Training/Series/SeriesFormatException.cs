namespace Realtime.Training;

/// <summary>A series file that cannot be read: "file:line: what was found, what was expected".</summary>
public sealed class SeriesFormatException : Exception
{
    public SeriesFormatException()
    {
    }

    public SeriesFormatException(string message)
        : base(message)
    {
    }

    public SeriesFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
