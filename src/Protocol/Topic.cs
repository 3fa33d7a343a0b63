using System.Text;

namespace Realtime.Protocol;

/// <summary>The topics of the <c>predictions</c> socket: a letter, a slash and the stream's name.</summary>
public static class Topic
{
    public const byte Prediction = (byte)'p';
    public const byte Event = (byte)'e';
    public const byte Anomaly = (byte)'a';

    /// <summary>The bytes of the longest topic.</summary>
    public const int MaximumLength = 2 + StreamName.MaximumLength;

    /// <summary>The topic of the heartbeat.</summary>
    public static ReadOnlySpan<byte> Heartbeat => "h"u8;

    /// <summary>Writes a topic.</summary>
    /// <param name="kind"><see cref="Prediction"/>, <see cref="Event"/> or <see cref="Anomaly"/>.</param>
    /// <param name="stream">The stream's name, as UTF-8.</param>
    /// <param name="destination">At least 2 bytes longer than the name.</param>
    /// <returns>The topic's length.</returns>
    public static int Write(byte kind, ReadOnlySpan<byte> stream, Span<byte> destination)
    {
        stream.CopyTo(destination[2..]);
        destination[0] = kind;
        destination[1] = (byte)'/';
        return stream.Length + 2;
    }

    /// <summary>The topic as text, for <c>Subscribe</c>; an empty stream is the prefix of them all.</summary>
    public static string Of(byte kind, string stream) => $"{(char)kind}/{stream}";

    /// <summary>The stream's name in a topic; empty in one without.</summary>
    public static string StreamOf(ReadOnlySpan<byte> topic) =>
        topic.Length > 2 && topic[1] == '/' ? Encoding.UTF8.GetString(topic[2..]) : "";
}
