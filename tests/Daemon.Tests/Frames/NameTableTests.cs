using System.Text;
using Realtime.Daemon.Frames;
using Realtime.Daemon.Tests.Simulation;

namespace Realtime.Daemon.Tests.Frames;

public sealed class NameTableTests
{
    [Fact]
    public void It_finds_what_a_dictionary_finds() => Properties.Hold<(int, bool)[]>(static steps =>
    {
        var table = new NameTable();
        var names = new NameSlabs();
        names.Add();
        var rows = new Dictionary<string, int>();
        var free = new Stack<int>(Enumerable.Range(0, 1000));
        // Many rounds over few names, so that runs of slots are broken and mended.
        foreach (var (number, isRemoval) in steps.Concat(steps.Select(static one => (one.Item1 / 2, !one.Item2))))
        {
            var name = NameOf(number);
            var utf8 = Encoding.UTF8.GetBytes(name);
            if (isRemoval && rows.Remove(name, out var row))
            {
                table.Remove(utf8, row);
                names.Remove(row);
                free.Push(row);
            }
            else if (!isRemoval && !rows.ContainsKey(name))
            {
                rows.Add(name, free.Pop());
                names[rows[name]] = utf8;
                table.Add(utf8, rows[name]);
            }

            // What was found behind it earlier may have gone, or have another name now.
            if (table.Find(utf8, names) != rows.GetValueOrDefault(name, -1))
                return false;
        }

        return table.Count == rows.Count
            && rows.All(one => table.Find(Encoding.UTF8.GetBytes(one.Key), names) == one.Value)
            && Enumerable.Range(-50, 100).Select(NameOf).All(name =>
                table.Find(Encoding.UTF8.GetBytes(name), names) == rows.GetValueOrDefault(name, -1));
    });

    [Fact]
    public void Names_of_every_length_are_told_apart()
    {
        var table = new NameTable();
        var names = new NameSlabs();
        names.Add();
        for (var length = 1; length <= 255; length++)
        {
            names[2 * length] = Enumerable.Repeat((byte)'a', length).ToArray();
            names[2 * length + 1] = [.. names[2 * length][1..], (byte)'b'];
            table.Add(names[2 * length], 2 * length);
            table.Add(names[2 * length + 1], 2 * length + 1);
        }

        for (var row = 2; row < 512; row++)
            Assert.Equal(row, table.Find(names[row], names));
        Assert.Equal(-1, table.Find(new byte[256], names));
    }

    [Fact]
    public void A_row_that_was_given_up_has_no_name_to_be_found_by()
    {
        var table = new NameTable();
        var names = new NameSlabs();
        names.Add();
        (names[0], names[1]) = ("a"u8.ToArray(), "b"u8.ToArray());
        table.Add("a"u8, 0);
        table.Add("b"u8, 1);
        for (var turn = 0; turn < 2; turn++)
            Assert.Equal((0, 1), (table.Find("a"u8, names), table.Find("b"u8, names)));
        table.Remove("a"u8, 0);
        names.Remove(0);
        Assert.Equal(-1, table.Find("a"u8, names));
        Assert.Equal(-1, table.Find([], names));
        names[0] = "c"u8.ToArray();
        table.Add("c"u8, 0);
        Assert.Equal((1, -1, 0), (table.Find("b"u8, names), table.Find("a"u8, names), table.Find("c"u8, names)));
    }

    private static string NameOf(int number) => new string('n', 1 + Math.Abs(number % 40)) + number;
}
