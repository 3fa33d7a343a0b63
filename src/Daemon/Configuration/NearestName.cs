namespace Realtime.Daemon.Configuration;

/// <summary>The known name that a mistyped one is nearest to.</summary>
internal static class NearestName
{
    /// <summary>The nearest name by insertions, deletions, substitutions and swaps; null where none is near.</summary>
    public static string? Find(string wanted, IEnumerable<string> known) =>
        Find(wanted, known.Select(name => (name, name, 0)));

    /// <summary>As above, over names to compare with, what to suggest for them, and a handicap for each.</summary>
    public static string? Find(string wanted, IEnumerable<(string Name, string Suggestion, int Handicap)> known)
    {
        string? best = null;
        var least = Math.Max(2, wanted.Length * 3 / 5) + 1;
        foreach (var (name, suggestion, handicap) in known)
        {
            var distance = Distance(wanted, name) + handicap;
            if (distance < least)
            {
                (best, least) = (suggestion, distance);
            }
        }
        return best;
    }

    /// <summary>Optimal string alignment distance; letters that differ in case only are the same.</summary>
    public static int Distance(string left, string right)
    {
        var rows = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            rows[i, 0] = i;
        }
        for (var j = 0; j <= right.Length; j++)
        {
            rows[0, j] = j;
        }
        for (var i = 1; i <= left.Length; i++)
        {
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = Same(left[i - 1], right[j - 1]) ? 0 : 1;
                var least = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                {
                    least = Math.Min(least, rows[i - 2, j - 2] + 1);
                }
                rows[i, j] = least;
            }
        }
        return rows[left.Length, right.Length];
    }

    private static bool Same(char left, char right) => char.ToLowerInvariant(left) == char.ToLowerInvariant(right);
}
