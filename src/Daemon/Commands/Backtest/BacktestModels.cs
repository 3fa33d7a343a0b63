using Realtime.Cells;
using Realtime.Cells.Ensembles;
using Realtime.Cells.RollOuts;
using Realtime.Daemon.Backtesting;
using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;

namespace Realtime.Daemon.Commands;

/// <summary>The models of a backtest.</summary>
/// <param name="Members">One, or those of an ensemble, without what streams learn.</param>
/// <param name="RollOut">Steps of a roll-out; 0: none.</param>
/// <param name="Decoder">Of a roll-out; null: the model goes on by itself.</param>
internal sealed record BacktestModels(IReadOnlyList<LoadedModel> Members, int RollOut, LoadedModel? Decoder)
{
    private const string BuiltIn = "default";

    public LoadedModel First => Members[0];
    public bool IsEnsemble => Members.Count > 1;

    /// <summary>Reads them and looks whether they fit what is asked of them.</summary>
    /// <exception cref="StartException">What does not fit, with what was found and what was expected.</exception>
    public static BacktestModels Load(IReadOnlyList<string> files, int rollOut, string? decoder)
    {
        LoadedModel[] models = [.. files.Select(Load)];
        foreach (var model in models)
        {
            if (model.Model.IsClassifier)
                throw Fault(model, "found a classifier, expected a model that forecasts");
            if (models.Length > 1 && Ensemble.FaultIn(models[0].Model, model.Model) is { } unlike)
                throw Fault(model, unlike);
            if (rollOut > 0 && decoder is null && FeedBack.FaultIn(model.Model) is { } fault)
                throw Fault(model, "--roll-out: " + fault);
        }

        if (models.Length > 1)
            models = [.. models.Select(static one => one with { Model = one.Model.WithoutLearning() })];
        return new BacktestModels(models, rollOut, decoder is null ? null : LoadDecoder(models, decoder));
    }

    /// <summary>What is stepped for one of them; null: for all together.</summary>
    public BacktestSubject Subject(LoadedModel? member, Engines engines) => new(member ?? First, engines)
    {
        Members = member is null && IsEnsemble ? [.. Members.Select(static one => one.Model)] : [],
        RollOut = RollOut,
        Decoder = Decoder?.Model,
    };

    private static LoadedModel LoadDecoder(LoadedModel[] models, string file)
    {
        var decoder = Load(file);
        if (models.Length > 1)
            throw Fault(decoder, "found a decoder of several models, expected one of one");
        return FeedBack.FaultIn(models[0].Model, decoder.Model) is { } fault ? throw Fault(decoder, fault) : decoder;
    }

    private static LoadedModel Load(string name)
    {
        var options = new ModelOptions { Name = BuiltIn, File = name, Streams = ["*"] };
        try
        {
            return new LoadedModel(options, name == BuiltIn ? ModelLoading.ReadBuiltIn() : Model.Load(name));
        }
        catch (ModelFormatException e)
        {
            throw new StartException(ExitCode.Configuration, [e.Message]);
        }
    }

    private static StartException Fault(LoadedModel model, string fault) =>
        new(ExitCode.Configuration, [$"{model.Options.File}: {fault}"]);
}
