using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames.Requests;

/// <summary>Entries of a reply's map, one line each.</summary>
internal static class MapExtensions
{
    public static void Entry(this MessagePackWriter writer, ReadOnlySpan<byte> key, long value)
    {
        writer.WriteString(key);
        writer.WriteInt64(value);
    }

    public static void Entry(this MessagePackWriter writer, ReadOnlySpan<byte> key, ulong value)
    {
        writer.WriteString(key);
        writer.WriteUInt64(value);
    }

    public static void Entry(this MessagePackWriter writer, ReadOnlySpan<byte> key, double value)
    {
        writer.WriteString(key);
        writer.WriteDouble(value);
    }

    public static void Entry(this MessagePackWriter writer, ReadOnlySpan<byte> key, bool value)
    {
        writer.WriteString(key);
        writer.WriteBoolean(value);
    }

    public static void Entry(this MessagePackWriter writer, ReadOnlySpan<byte> key, string? value)
    {
        writer.WriteString(key);
        if (value is null)
            writer.WriteNil();
        else
            writer.WriteString(value);
    }

    public static void Entry(this MessagePackWriter writer, ReadOnlySpan<byte> key, IReadOnlyCollection<string> values)
    {
        writer.WriteString(key);
        writer.WriteArrayHeader(values.Count);
        foreach (var value in values)
            writer.WriteString(value);
    }

    public static void Entry(this MessagePackWriter writer, ReadOnlySpan<byte> key, ReadOnlySpan<double> values)
    {
        writer.WriteString(key);
        writer.WriteArrayHeader(values.Length);
        foreach (var value in values)
            writer.WriteDouble(value);
    }

    public static void Entry(this MessagePackWriter writer, ReadOnlySpan<byte> key, StreamLabel stream)
    {
        writer.WriteString(key);
        stream.Write(writer);
    }

    public static void NilEntry(this MessagePackWriter writer, ReadOnlySpan<byte> key)
    {
        writer.WriteString(key);
        writer.WriteNil();
    }
}
