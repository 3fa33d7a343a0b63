using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>An element in the words of a fault: short, printable, whatever it holds.</summary>
internal static class ElementText
{
    private const int LongestText = 40;

    /// <summary>"where: found …, expected …". Kept out of its callers: building texts would cost every tick that
    /// needs none the room for them on the stack.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string Fault(string where, MessagePackReader found, string expected) =>
        $"{where}: found {Describe(found)}, expected {expected}";

    /// <summary>The same with the number of the element.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string At(string where, int index, string fault) =>
        string.Create(CultureInfo.InvariantCulture, $"{where}[{index}]: {fault}");

    public static string Describe(MessagePackReader reader)
    {
        MessagePackType type = reader.NextType;
        switch (type)
        {
            case MessagePackType.Boolean when reader.TryReadBoolean(out bool flag):
                return flag ? "true" : "false";
            case MessagePackType.Integer when reader.TryReadUInt64(out ulong number):
                return number.ToString(CultureInfo.InvariantCulture);
            case MessagePackType.Integer when reader.TryReadInt64(out long number):
                return number.ToString(CultureInfo.InvariantCulture);
            case MessagePackType.Float when reader.TryReadDouble(out double number):
                return "the float " + number.ToString(CultureInfo.InvariantCulture);
            case MessagePackType.String when reader.TryReadString(out ReadOnlySpan<byte> text):
                return "the string " + Quote(text);
            case MessagePackType.Array when reader.TryReadArrayHeader(out int count):
                return string.Create(CultureInfo.InvariantCulture, $"an array of {count}");
            case MessagePackType.Map when reader.TryReadMapHeader(out int count):
                return string.Create(CultureInfo.InvariantCulture, $"a map of {count}");
            case MessagePackType.Binary when reader.TryReadBinary(out ReadOnlySpan<byte> data):
                return string.Create(CultureInfo.InvariantCulture, $"{data.Length} bytes of bin");
            default:
                return Describe(type);
        }
    }

    public static string Describe(MessagePackType type) => type switch
    {
        MessagePackType.Nil => "nil",
        MessagePackType.Boolean => "a bool",
        MessagePackType.Integer => "an integer",
        MessagePackType.Float => "a float",
        MessagePackType.String => "a string",
        MessagePackType.Binary => "a bin",
        MessagePackType.Array => "an array",
        MessagePackType.Map => "a map",
        MessagePackType.Extension => "an extension",
        _ => "nothing",
    };

    /// <summary>The text in quotes, cut where it is long, with every other than a printable character escaped.
    /// </summary>
    public static string Quote(ReadOnlySpan<byte> utf8)
    {
        bool isLong = utf8.Length > LongestText;
        var quoted = new StringBuilder("\"");
        foreach (Rune rune in Encoding.UTF8.GetString(isLong ? utf8[..LongestText] : utf8).EnumerateRunes())
        {
            if (Rune.IsControl(rune))
                quoted.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                quoted.Append(rune);
        }
        return quoted.Append(isLong ? "…\"" : "\"").ToString();
    }
}
