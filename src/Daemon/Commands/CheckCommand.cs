using System.CommandLine;
using Realtime.Cells;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Frames.Snapshots;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Http;
using Realtime.Daemon.Security;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed check</c>: reads the configuration and every model, prints what would run.</summary>
internal static class CheckCommand
{
    public static Command Create()
    {
        var configuration = new ConfigurationArguments();
        var command = new Command("check", "Reads the configuration and every model it names; starts nothing");
        var against = new Option<string?>("--against")
        {
            Description = "Tell what becomes of the streams in this state directory; default state.directory",
            HelpName = "DIR",
        };
        configuration.AddTo(command);
        command.Options.Add(against);
        command.SetAction(arguments => Check(
            configuration.Load(arguments), arguments.GetValue(against), arguments.InvocationConfiguration.Output));
        return command;
    }

    private static int Check(ConfigurationResult configuration, string? against, TextWriter output)
    {
        var options = configuration.Options!;
        var keys = KeySet.Load(options.Security);
        var token = HttpToken.Load(options.Http);
        var models = ModelLoading.LoadAll(options, configuration.Origins);
        using var engines = Engines.Choose(options);
        output.WriteLine($"configuration  {configuration.File ?? "built-in defaults"}");
        foreach (var (key, origin) in configuration.Origins.OrderBy(static entry => entry.Key, StringComparer.Ordinal))
            output.WriteLine($"  set          {key} at {origin}");
        var served = models.Where(static loaded => loaded.Model.Copies == 1).ToArray();
        foreach (var model in served)
            Print(output, model, engines.CpuKernel);
        if (models.Max(static loaded => loaded.Model.Copies) is var most and > 1)
            output.WriteLine($"  values       1 to {most} per tick, each forecast by itself");
        foreach (var texts in served.GroupBy(model => engines.Describe(model.Model)))
        {
            var whose = texts.Count() == served.Length ? ""
                : $", model {string.Join(", ", texts.Select(static model => model.Options.Name))}";
            output.WriteLine($"engine         {texts.Key}{whose}");
        }

        if (engines.Notice is { } notice)
            output.WriteLine($"note           {notice}");
        output.WriteLine($"ingest         PULL {options.Endpoints.Ingest}");
        output.WriteLine($"requests       ROUTER {options.Endpoints.Requests}");
        output.WriteLine($"predictions    PUB {options.Endpoints.Predictions}");
        foreach (var subscribe in options.Endpoints.Subscribe)
            output.WriteLine($"subscribe      SUB {(subscribe.Bind ? "at" : "to")} {subscribe.Endpoint}");
        output.WriteLine($"http           {options.Http.Endpoint ?? "none"}{(token is null ? "" : ", with a token")}");
        output.WriteLine($"security       {Exposure.Describe(keys)}");
        foreach (var warning in Exposure.Warnings(options))
            output.WriteLine($"warning        {warning}");
        if (Descriptors.Allow(options.Limits.Connections).Notice is { } few)
            output.WriteLine($"note           {few}");
        output.WriteLine($"state          {DaemonHost.StateText(options.State)}");
        output.WriteLine($"streams        at most {options.Streams.Max}");
        if (against is not null || Directory.Exists(options.State.Directory))
        {
            using var preview = new HandOverPreview(against ?? options.State.Directory!, models, engines.CpuKernel);
            preview.Print(output);
        }

        output.WriteLine("ok");
        return ExitCode.Done;
    }

    private static void Print(TextWriter output, LoadedModel loaded, string kernel)
    {
        var (options, model) = (loaded.Options, loaded.Model);
        output.WriteLine($"model          {options.Name} for {string.Join(" ", options.Streams)}");
        output.WriteLine($"  file         {options.File}");
        output.WriteLine($"  digest       {model.Digest}");
        var layers = model.Layers.Select(static layer => $"{layer.Name} {layer.Kind}({layer.Outputs})");
        output.WriteLine($"  layers       {string.Join(" → ", layers)}");
        output.WriteLine($"  inputs       {string.Join(", ", model.Inputs)}");
        output.WriteLine(model.Forecast.Classes is { } classes
            ? $"  classes      {string.Join(", ", classes)}"
            : $"  forecasts    {string.Join(", ", model.Forecast.Outputs)}, "
                + $"{string.Join(", ", model.Forecast.Horizons)} ticks ahead");
        if (model.Intervals.Count != 0)
            output.WriteLine($"  intervals    {string.Join(", ", model.Intervals.Select(
                static level => FormattableString.Invariant($"{level}")))}");
        using var host = ModelLoading.MakeHost(loaded, kernel, threads: 1);
        if (host.Online is not null)
        {
            var score = model.Score ? ", scores anomalies" : "";
            output.WriteLine($"  learns       {ModelShape.TextOf(model.Adapt)}{score}");
        }

        output.WriteLine($"  state        {model.StateFloats * sizeof(float)} bytes of hidden state per stream");
        output.WriteLine($"  memory       {host.StreamBytes + StreamTable.BytesPerStream} bytes per stream"
            + (host.Online is null ? "" : $", {host.LearntBytes} of them learnt"));
    }
}
