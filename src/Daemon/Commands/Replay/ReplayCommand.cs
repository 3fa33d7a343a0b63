using System.CommandLine;
using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Recovery;
using Realtime.Daemon.Storage;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed replay</c>: a journal, through the same steps again, at full speed.</summary>
internal sealed class ReplayCommand
{
    // A device takes all streams together.
    private const int DeviceTicks = 1 << 16;

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

    private readonly Option<EngineKind?> _engine = CommonOptions.Engine(
        "Another engine to compare with: cpu, gpu, or auto for what is faster here");

    private readonly Option<string?> _device = CommonOptions.Device();

    private readonly Option<ulong?> _from = CommonOptions.Record(
        "--from", "The first record that counts; default the oldest that can be replayed");

    private readonly Option<ulong?> _to = CommonOptions.Record("--to", "The last record; default the last there is");

    private readonly Option<int?> _maxTicks = CommonOptions.Count(
        "--max-ticks",
        "Most ticks stepped together; it matters to no bit. Default 1024, and 65536 with --engine gpu or auto");

    private readonly Option<bool> _json = CommonOptions.Json("Prints one JSON object");

    public static Command Create()
    {
        var verb = new ReplayCommand();
        var command = new Command(
            "replay", "Replays a journal at full speed: verifies it, or tries another model, kernel or engine on it");
        command.Arguments.Add(verb._directory);
        foreach (var option in new Option[]
            { verb._verify, verb._model, verb._kernel, verb._engine, verb._device, verb._from, verb._to, verb._maxTicks,
              verb._json })
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

            if (result.GetValue(verb._device) is { } device && result.GetValue(verb._engine) is null)
                result.AddError($"--device: found {device} without --engine, expected both");
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
        using var engines = ChooseEngines(arguments, options);
        var report = Replay(path, models, plan with { Engines = engines });
        var output = arguments.InvocationConfiguration.Output;
        var verify = arguments.GetValue(_verify);
        if (arguments.GetValue(_json))
            ReplayJson.Write(output, path, report, verify);
        else
            ReplayText.Write(output, path, report, verify);
        return verify && ReplayText.WhyNotVerified(report) is not null ? ExitCode.Failed : ExitCode.Done;
    }

    // Null where the recorded one is all that is asked for.
    private Engines? ChooseEngines(ParseResult arguments, RealtimeOptions options)
    {
        if (arguments.GetValue(_engine) is not { } kind)
            return null;
        var engine = options.Engine with { Kind = kind, Device = arguments.GetValue(_device) ?? options.Engine.Device };
        return Engines.Choose(options with { Engine = engine });
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
            MaxTicks = arguments.GetValue(_maxTicks)
                ?? (arguments.GetValue(_engine) is EngineKind.Gpu or EngineKind.Auto ? DeviceTicks : plan.MaxTicks),
            Kernel = arguments.GetValue(_kernel),
        };
    }
}
