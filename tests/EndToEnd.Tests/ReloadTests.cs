using System.Text.Json.Nodes;
using Realtime.Cells;
using Realtime.EndToEnd.Tests.Harness;
using Realtime.Protocol;

namespace Realtime.EndToEnd.Tests;

/// <summary>A model file is replaced under load, and SIGHUP tells the daemon to read it.</summary>
public sealed class ReloadTests
{
    private const int Hangup = 1;

    // Ticks acknowledged before the model is replaced.
    private const int Before = 3000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_model_of_another_shape_takes_over_under_load_and_nothing_is_lost_or_repeated()
    {
        var folder = DaemonProcess.TemporaryFolder();
        var file = Path.Combine(folder, "m.safetensors");
        File.WriteAllBytes(file, Gru(8));
        using var daemon = new RestartableDaemon(
            new JsonObject { ["models"] = new JsonArray(new JsonObject { ["name"] = "m", ["file"] = file }) }, false,
            "state.directory=$folder/state", "state.snapshotEvery=00:00:00.3");
        daemon.Start();
        using var run = new PublishedRun(daemon.Requests);
        await run.AcknowledgedAsync(Before, Patience);
        File.WriteAllBytes(file + ".new", Gru(16));
        File.Move(file + ".new", file, overwrite: true);
        daemon.Signal(Hangup);
        await TookOverAsync(daemon, Model.Load(file).Digest);
        var sent = Enumerable.Range(0, run.Load.Names.Length).Select(run.Load.Last).ToArray();
        await run.AcknowledgedAsync(run.Acknowledged + 2000, Patience);
        await run.EndAsync(Patience);

        using (var client = daemon.Connect())
        {
            RestartableDaemon.CheckAccounts(client);
            for (var i = 0; i < run.Load.Names.Length; i++)
            {
                var state = StreamStates.Of(client, run.Load.Names[i]);
                Assert.Equal(run.Load.Last(i), state["counts"]["stepped"].AsUInt64());
                Assert.Empty(state["gaps"].Items);
            }
        }

        Assert.Equal((run.Counts.Published, 0L, 0L), (run.Counts.Acknowledged, run.Counts.Rejected, run.Counts.Lost));
        for (var i = 0; i < run.Load.Names.Length; i++)
            CheckFlags(run, i, sent[i]);

        // What the reload left in the folder brings the new model's states back.
        await daemon.KillAsync();
        daemon.Start();
        using var survivor = daemon.Connect();
        var last = RestartableDaemon.LastOf(survivor, run.Load.Names);
        for (var i = 0; i < run.Load.Names.Length; i++)
            Assert.Equal(run.Load.Last(i), last[run.Load.Names[i]]);
        Directory.Delete(folder, recursive: true);
    }

    private static async Task TookOverAsync(RestartableDaemon daemon, string digest)
    {
        using var client = daemon.Connect();
        var end = DateTime.UtcNow + Patience;
        while (client.Request("describe")["models"].Items[0]["digest"].AsString() != digest)
        {
            Assert.True(DateTime.UtcNow < end, $"the new model does not serve\n{daemon.Everything}");
            await Task.Delay(20);
        }
    }

    // Behind the first two ticks, the flag is there while the new model warms up and at no other tick.
    private static void CheckFlags(PublishedRun run, int stream, ulong sentBeforeItServed)
    {
        var flagged = new List<ulong>();
        for (ulong seq = 3; seq <= run.Load.Last(stream); seq++)
        {
            var prediction = run.Predictions[(run.Load.Names[stream], seq)];
            if (prediction.Contains(nameof(PredictionFlags.Warming), StringComparison.Ordinal))
                flagged.Add(seq);
        }

        Assert.Equal(flagged.Select((_, i) => flagged[0] + (ulong)i), flagged);
        // Streams take turns: so many of each were acknowledged before the reload.
        Assert.True(flagged.Count == 0 || flagged[0] > (ulong)(Before / run.Load.Names.Length - 1));
        Assert.True(flagged.Count == 0 || flagged[^1] <= sentBeforeItServed);
        Assert.True(run.Load.Last(stream) > sentBeforeItServed);
    }

    private static byte[] Gru(int hidden)
    {
        var random = new Random(hidden);
        Layer[] layers =
        [
            new GruLayer("gru", 1, hidden, true, Draw(3 * hidden), Draw(3 * hidden * hidden), Draw(3 * hidden),
                Draw(3 * hidden)),
            new DenseLayer("head", hidden, 3, Activation.Linear, Draw(3 * hidden), Draw(3)),
        ];
        return ModelWriter.Write("m", ["x"], Normalisation.Running(50), layers, Forecast.Of([1, 2, 3], ["x"]));

        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }
}
