using System.Globalization;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>What happened to a stream, as a subscriber gets it.</summary>
/// <param name="Event">Its name: gap, reset, …, anomaly.</param>
/// <param name="Stream">The stream's name; decimal digits where the message has a number, empty where it is of none.
/// </param>
/// <param name="Seq">The stream's count; null where it has none.</param>
/// <param name="Detail">More about it.</param>
/// <param name="Score">Of an anomaly, in [0, 1].</param>
public sealed record StreamEvent(string Event, string Stream, ulong? Seq, string? Detail, double? Score)
{
    /// <summary>The model it is about; null where it is about a stream.</summary>
    public string? Model { get; init; }

    /// <summary>Decodes an event; null where the element is none.</summary>
    public static StreamEvent? From(MessagePackValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        string? model = value["model"].AsString();
        if (value["event"].AsString() is not { } name || (NameOf(value["stream"]) ?? OfNone(model)) is not { } stream)
            return null;
        MessagePackValue detail = value["detail"];
        return new StreamEvent(
            name,
            stream,
            value["seq"].AsUInt64(),
            detail.IsNil ? null : detail.AsString() ?? detail.ToString(),
            value["score"].AsDouble()) { Model = model };
    }

    private static string? OfNone(string? model) => model is null ? null : "";

    internal static string? NameOf(MessagePackValue stream) =>
        stream.AsString() ?? stream.AsUInt64()?.ToString(CultureInfo.InvariantCulture);
}
