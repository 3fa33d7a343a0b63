using System.CommandLine;
using System.CommandLine.Parsing;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Io;
using Realtime.Training;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed sensors</c>: publishes this machine's vital signs, or a CSV file.</summary>
internal sealed class SensorsCommand
{
    private const double DefaultRate = 4;
    private const string Max = "max";

    private readonly Option<string> _to = CommonOptions.Ingest();
    private readonly Option<double?> _rate = Rate();
    private readonly Option<double?> _seconds = CommonOptions.Seconds("--seconds", "Ends after this time");

    private readonly Option<string?> _prefix = new("--prefix")
    {
        Description = "What the streams' names start with (default host)",
        HelpName = "NAME",
    };

    private readonly Option<string?> _csv = new("--csv")
    {
        Description = "Publishes the rows of this file in place of this machine's sensors",
        HelpName = "FILE",
    };

    private readonly Option<string?> _name = new("--name")
    {
        Description = "With --csv: the stream's name (default: the file's)",
        HelpName = "NAME",
    };

    private readonly Option<string?> _stream = new("--stream")
    {
        Description = "With --csv: the column that names each row's stream",
        HelpName = "COLUMN",
    };

    private readonly Option<string?> _value = new("--value")
    {
        Description = "With --csv: the columns of values, separated by commas (default: every column of numbers)",
        HelpName = "COLUMN,…",
    };

    private readonly Option<string?> _time = new("--time")
    {
        Description = "With --csv: the column of times (default: each tick has the time it is sent)",
        HelpName = "COLUMN",
    };

    private readonly Option<bool> _each = new("--each")
    {
        Description = "With --csv: makes each value column a stream of its own, NAME/COLUMN",
    };

    public static Command Create() => new SensorsCommand().CreateCommand();

    private Command CreateCommand()
    {
        var command = new Command("sensors", "Publishes this machine's vital signs, or the rows of a CSV file")
        {
            _to, _rate, _seconds, _prefix, _csv, _name, _stream, _value, _time, _each,
        };
        KeyOptions.AddTo(command);
        command.Validators.Add(CheckTogether);
        command.SetAction((arguments, stop) => Task.Run(() => Publish(arguments, stop), CancellationToken.None));
        return command;
    }

    private static Option<double?> Rate() => new("--rate")
    {
        Description = "Readings per second of each sensor (default 4); with --csv rows per second, or max (default)",
        HelpName = "N|max",
        CustomParser = static result =>
        {
            var text = result.Tokens[0].Value;
            if (text == Max)
                return double.PositiveInfinity;
            if (CommonOptions.TryPositive(text, out var rate))
                return rate;
            result.AddError($"--rate: found {text}, expected a number above 0, or max with --csv");
            return null;
        },
    };

    private void CheckTogether(CommandResult result)
    {
        if (result.GetResult(_csv) is not null)
        {
            if (result.GetResult(_prefix) is not null)
                result.AddError("--prefix is for this machine's sensors; with --csv, --name names the stream");
            return;
        }

        foreach (var option in (Option[])[_name, _stream, _value, _time, _each])
        {
            if (result.GetResult(option) is { Implicit: false })
                result.AddError($"{option.Name} needs --csv FILE");
        }

        if (result.GetResult(_rate) is { Tokens: [{ Value: Max }] })
            result.AddError("--rate max needs --csv FILE");
    }

    private int Publish(ParseResult arguments, CancellationToken stop)
    {
        var error = arguments.InvocationConfiguration.Error;
        using var socket = new TickSocket(arguments.GetRequiredValue(_to), error, KeyOptions.Read(arguments));
        using var end = new End(arguments.GetValue(_seconds), stop);
        var counts = arguments.GetValue(_csv) is { } file
            ? PublishCsv(arguments, file, socket, error, end)
            : PublishSensors(arguments, socket, error, end);
        if (counts is { Sent: 0, Dropped: > 0 })
            throw new StartException(ExitCode.Failed, [$"no daemon took ticks at {socket.Endpoint}: {counts}"]);
        arguments.InvocationConfiguration.Output.WriteLine(counts);
        return ExitCode.Done;
    }

    private PublishedCounts PublishSensors(
        ParseResult arguments, TickSocket socket, TextWriter error, End end)
    {
        var rate = arguments.GetValue(_rate) ?? DefaultRate;
        var sensors = new LiveSensors(socket, new SystemClock(), arguments.GetValue(_prefix) ?? "host");
        return sensors.Run(
            rate,
            streams => error.WriteLine(FormattableString.Invariant(
                $"publishing {streams.Count} sensors of this machine, {rate} readings a second each, ")
                + $"to {socket.Endpoint}: {string.Join(" ", streams)}"),
            end);
    }

    private PublishedCounts PublishCsv(
        ParseResult arguments, string file, TickSocket socket, TextWriter error, End end)
    {
        var rate = arguments.GetValue(_rate) ?? double.PositiveInfinity;
        var columns = ColumnsOf(arguments, file);
        var name = arguments.GetValue(_name) ?? (columns.Group is null ? Path.GetFileNameWithoutExtension(file) : null);
        using var rows = new SeriesReader(file, new CsvFormat(), columns);
        var speed = double.IsInfinity(rate)
            ? "as fast as the daemon takes them" : FormattableString.Invariant($"{rate} a second");
        var stream = columns.Group is null ? $"stream {name}" : $"a stream for each {columns.Group}";
        var each = arguments.GetValue(_each) ? "a stream for each of " : "";
        error.WriteLine($"publishing the rows of {file}, {speed}, to {socket.Endpoint}: {stream}, "
            + $"{each}{string.Join(", ", columns.Values)}; time {columns.Time ?? "of sending"}");
        var counts = new CsvRows(rows, socket, new SystemClock(), name, arguments.GetValue(_each)).Run(rate, end);
        TickSocket.AwaitTaken(end);
        return counts;
    }

    private SeriesColumns ColumnsOf(ParseResult arguments, string file)
    {
        var group = arguments.GetValue(_stream);
        var time = arguments.GetValue(_time);
        if (arguments.GetValue(_value) is { } values)
            return new SeriesColumns(values.Split(',', StringSplitOptions.TrimEntries), time, group);
        var numbers = SeriesColumns.Detect(file, new CsvFormat()).Values;
        return new SeriesColumns([.. numbers.Where(column => column != group && column != time)], time, group);
    }
}
