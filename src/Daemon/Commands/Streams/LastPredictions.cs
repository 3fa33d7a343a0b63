using System.CommandLine;
using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed streams last</c>: the last prediction of some streams.</summary>
internal sealed class LastPredictions
{
    private readonly Argument<string[]> _streams = new("STREAM")
    {
        Description = "The streams' names",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _json = CommonOptions.Json("Prints the predictions as JSON");

    public static Command Create()
    {
        var verb = new LastPredictions();
        var command = StreamsCommand.Verb("last", "Shows the last prediction of streams", verb.Show);
        command.Arguments.Add(verb._streams);
        command.Options.Add(verb._json);
        return command;
    }

    private int Show(ParseResult arguments, DaemonRequests daemon)
    {
        var names = arguments.GetRequiredValue(_streams);
        var predictions = daemon.Ask("last", ("streams", writer =>
        {
            writer.WriteArrayHeader(names.Length);
            foreach (var name in names)
                writer.WriteString(name);
        }))["predictions"];
        var output = arguments.InvocationConfiguration.Output;
        if (arguments.GetValue(_json))
        {
            JsonText.Write(output, json =>
            {
                json.WritePropertyName("predictions");
                predictions.WriteJson(json);
            });
        }
        else
        {
            Print(predictions.Items.Select(Prediction.From), output);
        }

        var missing = names.Where((_, i) => predictions.Items[i].IsNil);
        return StreamsCommand.EndWith(arguments, [.. missing.Select(static name => $"{name} has no prediction")]);
    }

    private static void Print(IEnumerable<Prediction?> predictions, TextWriter output)
    {
        var table = new TextTable("stream", ">seq", "time", "values", ">ahead", "forecast", "quantiles", "flags");
        foreach (var prediction in predictions.OfType<Prediction>())
        {
            string[] first =
            [
                prediction.Stream, prediction.Seq.ToString(provider: null), ShortText.Time(prediction.Time),
                Numbers(prediction.Values),
            ];
            var flags = prediction.Flags == PredictionFlags.None ? "" : prediction.Flags.ToString().ToLowerInvariant();
            foreach (var (name, share) in prediction.Classes.OrderByDescending(static entry => entry.Value))
            {
                table.Add([.. first, "", FormattableString.Invariant($"{name} {100 * share:0.0} %"), "", flags]);
                (first, flags) = (["", "", "", ""], "");
            }

            for (var i = 0; i < prediction.Horizons.Count && i < prediction.Mean.Count; i++)
            {
                var ahead = i;
                var quantiles = prediction.Quantiles.Select(entry => QuantileAt(entry.Key, entry.Value, ahead));
                var quantileText = string.Join("  ", quantiles);
                table.Add([.. first, $"{prediction.Horizons[i]}", Numbers(prediction.Mean[i]), quantileText, flags]);
                (first, flags) = (["", "", "", ""], "");
            }
        }

        if (table.Count > 0)
            table.WriteTo(output);
    }

    private static string QuantileAt(double quantile, IReadOnlyList<IReadOnlyList<double>> rows, int horizon) =>
        FormattableString.Invariant($"{quantile}: ")
        + (horizon < rows.Count ? Numbers(rows[horizon]) : ShortText.Nothing);

    private static string Numbers(IEnumerable<double> numbers) => string.Join(" ", numbers.Select(ShortText.Number));
}
