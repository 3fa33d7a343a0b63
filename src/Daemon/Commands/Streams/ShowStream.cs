using System.Buffers.Binary;
using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Io;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed streams show</c>: what one stream carries, in short.</summary>
internal sealed class ShowStream
{
    private readonly Argument<string> _stream = new("STREAM") { Description = "The stream's name" };
    private readonly Option<bool> _json = CommonOptions.Json("Prints the whole state as JSON, binary parts in base64");

    public static Command Create()
    {
        var verb = new ShowStream();
        var command = StreamsCommand.Verb("show", "Shows what one stream carries", verb.Show);
        command.Arguments.Add(verb._stream);
        command.Options.Add(verb._json);
        return command;
    }

    private int Show(ParseResult arguments, DaemonRequests daemon)
    {
        var name = arguments.GetRequiredValue(_stream);
        var state = daemon.Ask("state.get", ("stream", DaemonRequests.Text(name)))["state"];
        var output = arguments.InvocationConfiguration.Output;
        if (arguments.GetValue(_json))
            JsonText.Write(output, state);
        else
            Print(state, new SystemClock().UtcNanoseconds, output);
        return ExitCode.Done;
    }

    private static void Print(MessagePackValue state, long now, TextWriter output)
    {
        var table = new TextTable("", "");
        table.Add("stream", DaemonRequests.NameOf(state["stream"]));
        table.Add("model", $"{state["model"].AsString()} (digest {state["digest"].AsString()?[..12]})");
        table.Add("seq", state["seq"].IsNil ? "not started" : $"{state["seq"]}, first {state["first"]}");
        if (!state["run"].IsNil)
            table.Add("run", state["run"].ToString());
        foreach (var gap in state["gaps"].Items)
            table.Add("gap", $"{gap.Items[0]} to {gap.Items[1]}");
        if (state["time"].AsInt64() is { } time)
            table.Add("last tick", ShortText.Time(time));
        if (state["arrival"].AsInt64() is { } arrival)
            table.Add("arrived", $"{ShortText.Time(arrival)}, {ShortText.Duration(now - arrival)} ago");
        AddCounts(state["counts"], state["errors"], table);
        AddPrediction(state["prediction"], table);
        AddLearnt(state, table);
        foreach (var (part, numbers) in state["memory"].Entries)
            table.Add($"memory {part}", Numbers(numbers));
        foreach (var (layer, parts) in state["layers"].Entries)
        {
            foreach (var (part, bytes) in parts.Entries)
                table.Add($"layer {layer}", HiddenState(part, bytes.AsBinary() ?? []));
        }

        table.WriteTo(output);
    }

    private static void AddCounts(MessagePackValue counts, MessagePackValue errors, TextTable table)
    {
        table.Add("ticks", string.Join(", ", counts.Entries.Select(static entry => $"{entry.Value} {entry.Key}")));
        table.Add("error", errors["scored"].AsUInt64() > 0
            ? $"MAE {ShortText.Number(errors["mae"].AsDouble() ?? double.NaN)} over {errors["scored"]} ticks, "
                + $"persistence {ShortText.Number(errors["persistenceMae"].AsDouble() ?? double.NaN)}"
            : "not scored yet");
    }

    private static void AddLearnt(MessagePackValue state, TextTable table)
    {
        if (state["learnt"].Entries is not { Count: > 0 } learnt)
            return;
        var bytes = learnt.Sum(static slot => slot.Value.AsBinary()?.Length ?? 0);
        var slots = string.Join(", ", learnt.Select(static slot => slot.Key));
        table.Add("learnt", $"{ShortText.Count(bytes)} bytes: {slots}");
        var monitor = state["monitor"].Items;
        if (monitor.Count < 2)
            return;
        var anomalous = state["anomalous"].AsBoolean() ? ", an anomaly" : "";
        table.Add("score", ShortText.Number(monitor[0].AsDouble() ?? double.NaN) + anomalous);
        table.Add("coverage", monitor[1].AsDouble() is not > 0 ? "no interval was judged yet"
            : $"{Numbers(monitor.Skip(2))} over {monitor[1]} ticks");
    }

    private static void AddPrediction(MessagePackValue prediction, TextTable table)
    {
        if (prediction.IsNil)
            return;
        table.Add("last values", Numbers(prediction["values"]));
        table.Add("last prediction", Numbers(prediction["outputs"]));
        if (prediction["flags"].AsInt64() is > 0 and var flags)
            table.Add("flags", ((PredictionFlags)flags).ToString().ToLowerInvariant());
    }

    private static string Numbers(MessagePackValue numbers) => Numbers(numbers.Items);

    private static string Numbers(IEnumerable<MessagePackValue> numbers) =>
        string.Join(" ", numbers.Select(static number => ShortText.Number(number.AsDouble() ?? double.NaN)));

    private static string HiddenState(string part, byte[] bytes)
    {
        double squares = 0, largest = 0;
        for (var i = 0; i + sizeof(float) <= bytes.Length; i += sizeof(float))
        {
            var value = (double)BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i));
            squares += value * value;
            largest = Math.Max(largest, Math.Abs(value));
        }

        var count = bytes.Length / sizeof(float);
        var rootMeanSquare = Math.Sqrt(squares / Math.Max(count, 1));
        return $"{part}: {count} numbers, root mean square {ShortText.Number(rootMeanSquare)}, "
            + $"largest {ShortText.Number(largest)}";
    }
}
