using System.CommandLine;
using Realtime.Cells;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed replay</c>: a journal, through the same steps again, at full speed.</summary>
internal sealed class ReplayCommand
{
    private readonly ConfigurationArguments _configuration = new();

    private readonly Argument<string> _directory = new("DIR")
    {
        Description = "A state directory, of a running daemon too; it is only read",
    };

    private readonly Option<bool> _verify = new("--verify")
    {
        Description = "Ends with 1 unless every prediction has the bits that were recorded",
    };

    private readonly Option<string[]> _model = new("--model")
    {
        Description = "A recorded model's file; or another model, which is compared with the recorded one. "
            + "Where several were recorded, with the name of the one it is for; may be repeated",
        HelpName = "[NAME=]FILE",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _kernel = new("--kernel")
    {
        Description = $"Another kernel to compare with: {Kernels.Auto}, {string.Join(", ", Kernels.All)}",
        HelpName = "KERNEL",
    };

    private readonly Option<ulong?> _from = CommonOptions.Record(
        "--from", "The first record that counts; default the oldest that can be replayed");

    private readonly Option<ulong?> _to = CommonOptions.Record("--to", "The last record; default the last there is");

    private readonly Option<int?> _maxTicks = CommonOptions.Count(
        "--max-ticks", "Most ticks stepped together; it matters to no bit. Default 1024");

    private readonly Option<bool> _json = CommonOptions.Json("Prints one JSON object");

    public static Command Create()
    {
        var verb = new ReplayCommand();
        var command = new Command(
            "replay", "Replays a journal at full speed: verifies it, or tries another model or kernel on it");
        command.Arguments.Add(verb._directory);
        foreach (var option in new Option[]
            { verb._verify, verb._model, verb._kernel, verb._from, verb._to, verb._maxTicks, verb._json })
            command.Options.Add(option);
        verb._configuration.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(verb._kernel) is { } kernel && kernel != Kernels.Auto
                && !Kernels.Available.Contains(kernel))
            {
                result.AddError($"--kernel: found {kernel}, expected one of {Kernels.Auto}, "
                    + string.Join(", ", Kernels.Available));
            }
        });
        command.SetAction(verb.Run);
        return command;
    }

    private int Run(ParseResult arguments)
    {
        var path = arguments.GetRequiredValue(_directory);
        var plan = PlanOf(arguments);
        if (plan.To < plan.From)
        {
            throw new StartException(
                ExitCode.Usage, [$"--to: found {plan.To}, expected a record from --from {plan.From} on"]);
        }

        if (!Directory.Exists(path))
            throw new StartException(ExitCode.Configuration, [$"{path}: no such directory"]);
        var options = _configuration.Load(arguments).Options!;
        GivenModel[] given = [.. (arguments.GetValue(_model) ?? []).Select(GivenModel.Load)];
        var models = new RecordedModels(() => ModelLoading.LoadAll(options), given, options.Engine.Threads);
        var report = Replay(path, models, plan);
        var output = arguments.InvocationConfiguration.Output;
        var verify = arguments.GetValue(_verify);
        if (arguments.GetValue(_json))
            ReplayJson.Write(output, path, report, verify);
        else
            ReplayText.Write(output, path, report, verify);
        return verify && ReplayText.WhyNotVerified(report) is not null ? ExitCode.Failed : ExitCode.Done;
    }

    private static ReplayReport Replay(string path, RecordedModels models, ReplayPlan plan)
    {
        try
        {
            using var disk = new StillDisk(new FileDisk(path, make: false));
            using var run = new ReplayRun(disk, plan, models);
            return run.Run();
        }
        catch (Exception e) when (e is JournalCorruptException or SnapshotCorruptException or InvalidDataException)
        {
            throw new StartException(ExitCode.Failed, [$"{path}: {e.Message}"]);
        }
    }

    private ReplayPlan PlanOf(ParseResult arguments)
    {
        var plan = new ReplayPlan();
        return plan with
        {
            From = arguments.GetValue(_from),
            To = arguments.GetValue(_to) ?? plan.To,
            MaxTicks = arguments.GetValue(_maxTicks) ?? plan.MaxTicks,
            Kernel = arguments.GetValue(_kernel),
        };
    }
}
