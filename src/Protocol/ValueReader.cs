using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>
/// The values of a tick: a number, an array of numbers, a bin of little-endian float32, or a map from the model's
/// input names to numbers; nil or NaN (or an absent name) is a missing value.
/// </summary>
internal static class ValueReader
{
    /// <summary>The largest size of a value; beyond it the squares of the statistics would overflow.</summary>
    public const double Largest = 1e100;

    public static ErrorCode Read(
        ref MessagePackReader reader, InputNames names, Span<double> values, out string? fault)
    {
        switch (reader.NextType)
        {
            case MessagePackType.Array when reader.TryReadArrayHeader(out int count):
                return ReadArray(ref reader, count, values, out fault);
            case MessagePackType.Map when reader.TryReadMapHeader(out int count):
                return ReadMap(ref reader, count, names, values, out fault);
            case MessagePackType.Binary when reader.TryReadBinary(out ReadOnlySpan<byte> data):
                return ReadFloats(data, values, out fault);
            case MessagePackType.Integer or MessagePackType.Float or MessagePackType.Nil:
                return values.Length == 1
                    ? ReadOne(ref reader, out values[0], out fault)
                    : WrongCount(1, values.Length, out fault);
            default:
                fault = ElementText.Fault(
                    "values", reader, "a number, an array of numbers, a bin of float32, or a map of numbers");
                return ErrorCode.Shape;
        }
    }

    private static ErrorCode ReadArray(
        ref MessagePackReader reader, int count, Span<double> values, out string? fault)
    {
        if (count != values.Length)
            return WrongCount(count, values.Length, out fault);
        for (int i = 0; i < values.Length; i++)
        {
            ErrorCode code = ReadOne(ref reader, out values[i], out fault);
            if (code != ErrorCode.None)
            {
                fault = ElementText.At("values", i, fault!);
                return code;
            }
        }
        fault = null;
        return ErrorCode.None;
    }

    private static ErrorCode ReadMap(
        ref MessagePackReader reader, int count, InputNames names, Span<double> values, out string? fault)
    {
        values.Fill(double.NaN);
        for (int i = 0; i < count; i++)
        {
            if (!reader.TryReadString(out ReadOnlySpan<byte> name) && !reader.TryReadBinary(out name))
            {
                fault = ElementText.Fault("values: a key", reader, "the name of an input");
                return ErrorCode.Shape;
            }
            int index = names.IndexOf(name, i);
            if (index < 0)
            {
                return UnknownInput(name, out fault);
            }
            ErrorCode code = ReadOne(ref reader, out values[index], out fault);
            if (code != ErrorCode.None)
            {
                fault = At(name, fault!);
                return code;
            }
        }
        fault = null;
        return ErrorCode.None;
    }

    private static ErrorCode ReadFloats(ReadOnlySpan<byte> data, Span<double> values, out string? fault)
    {
        if (data.Length != values.Length * sizeof(float))
        {
            return WrongSize(data.Length, values.Length, out fault);
        }
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(data[(i * sizeof(float))..]);
            if (double.IsInfinity(values[i]))
            {
                ErrorCode code = TooLarge(values[i], out fault);
                fault = ElementText.At("values", i, fault!);
                return code;
            }
        }
        fault = null;
        return ErrorCode.None;
    }

    public static ErrorCode ReadOne(ref MessagePackReader reader, out double value, out string? fault)
    {
        fault = null;
        if (reader.TryReadDouble(out value))
            return Math.Abs(value) > Largest ? TooLarge(value, out fault) : ErrorCode.None;
        value = double.NaN;
        if (reader.TryReadNil())
            return ErrorCode.None;
        return NoNumber(reader, out fault);
    }

    // None of the texts is inlined: see ElementText.Fault.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ErrorCode NoNumber(MessagePackReader reader, out string? fault)
    {
        fault = $"found {ElementText.Describe(reader)}, expected a number or nil";
        return ErrorCode.Shape;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ErrorCode TooLarge(double value, out string? fault)
    {
        fault = FormattableString.Invariant($"found {value}, expected a finite number up to 1e100 in size");
        return ErrorCode.Malformed;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ErrorCode WrongCount(int found, int expected, out string? fault)
    {
        fault = $"values: found {found}, expected {expected} for the model's inputs";
        return ErrorCode.Shape;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ErrorCode WrongSize(int found, int inputs, out string? fault)
    {
        fault = $"values: found {found} bytes of float32, expected {inputs * sizeof(float)} for the model's {inputs} "
            + "inputs";
        return ErrorCode.Shape;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ErrorCode UnknownInput(ReadOnlySpan<byte> name, out string? fault)
    {
        fault = $"values: found the input {ElementText.Quote(name)}, which the model does not have";
        return ErrorCode.Shape;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string At(ReadOnlySpan<byte> name, string fault) =>
        $"values[{ElementText.Quote(name)}]: {fault}";
}
