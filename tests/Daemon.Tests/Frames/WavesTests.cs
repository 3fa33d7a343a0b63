using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Frames;

public sealed class WavesTests
{
    private const int Models = 3;

    [Fact]
    public void Sort_AnyItems_MakesBatchesOfOneModelWithoutARowTwiceInTheOrderOfEachRow()
    {
        // One after the other through the same arrays, as the loop does it.
        var waves = new Waves();
        Properties.Hold<byte[]>(rows => Holds(waves, Items(rows)));
    }

    [Fact]
    public void Sort_OneRowOften_MakesABatchOfEach()
    {
        var waves = new Waves();
        waves.Sort(Items(new byte[5]), Models);
        Assert.Equal(5, waves.Count);
        for (var i = 0; i < 5; i++)
            Assert.Equal([i], waves[i].ToArray());
    }

    [Fact]
    public void Sort_ManyRowsOnce_MakesABatchForEachModel()
    {
        var waves = new Waves();
        waves.Sort(Items([1, 2, 3, 4, 5, 6]), Models);
        Assert.Equal(Models, waves.Count);
        Assert.Equal([2, 5], waves[0].ToArray());
        Assert.Equal([0, 3], waves[1].ToArray());
        Assert.Equal([1, 4], waves[2].ToArray());
    }

    // A row per number below 32; the model follows from the row, and some are repeats that are not stepped.
    private static Item[] Items(byte[] rows)
    {
        var seen = new int[32];
        return [.. rows.Select(number =>
        {
            var row = number & 31;
            var isAgain = number >= 224;
            return new Item
            {
                Row = row,
                Model = row % Models,
                Kind = isAgain ? ItemKind.Again : (number & 32) != 0 ? ItemKind.Reset : ItemKind.Tick,
                Wave = isAgain ? 0 : seen[row]++,
            };
        })];
    }

    private static bool Holds(Waves waves, Item[] items)
    {
        waves.Sort(items, Models);
        var covered = new List<int>();
        for (var wave = 0; wave < waves.Count; wave++)
        {
            var batch = waves[wave].ToArray();
            if (batch.Select(i => items[i].Model).Distinct().Count() > 1
                || batch.Select(i => items[i].Row).Distinct().Count() != batch.Length
                || !batch.SequenceEqual(batch.Order()))
                return false;
            covered.AddRange(batch);
        }

        var stepped = Enumerable.Range(0, items.Length).Where(i => items[i].Kind != ItemKind.Again).ToArray();
        return covered.Order().SequenceEqual(stepped)
            && covered.GroupBy(i => items[i].Row).All(static row => row.SequenceEqual(row.Order()));
    }
}
