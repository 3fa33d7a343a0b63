namespace Realtime.Cells.Tests.Adaptive;

/// <summary>
/// The adaptive head as textbooks have it, in double: full covariance, one set of lists, no squares roots and no rings.
/// </summary>
internal sealed class PlainForecaster(int[] horizons, int outputs, int features, double forgetting, double ridge)
{
    private readonly Dictionary<long, Made> _made = [];
    private readonly double[,] _p = Identity(features, 1 / ridge);
    private readonly double[][] _weights = Rows(horizons.Length * outputs, features);
    private readonly double[][] _gates = Rows(horizons.Length * outputs, 5);
    private readonly double[] _rho = [.. Enumerable.Repeat(1.0, horizons.Length * outputs)];
    private double[] _now = [];
    private int _ticks;

    private static readonly double _alpha = 1 - Math.Pow(2, -1 / 200.0);

    private sealed record Made(
        int Age, double[] F, double[] K, double Spread, double[] From, double[] Scale, double[][] D);

    public double[,] Covariance => _p;

    public void Settle(long seq, double[] values)
    {
        for (int h = 0; h < horizons.Length; h++)
        {
            if (!_made.TryGetValue(seq - horizons[h], out Made? made)) continue;
            for (int o = 0; o < outputs; o++)
            {
                if (double.IsNaN(values[o]) || double.IsNaN(made.From[o])) continue;
                Learn(h * outputs + o, made, Math.Clamp((values[o] - made.From[o]) / made.Scale[o], -30, 30));
            }
        }

        _now = values;
        if (values.Any(value => !double.IsNaN(value))) _ticks++;
    }

    public double[] Finish(long seq, float[] f, double[] last, double[] scale, double[] frozen)
    {
        double[] x = [.. f.Select(value => (double)value)], k = new double[features];
        double spread = 0;
        if (_ticks >= 5 && _now.Any(value => !double.IsNaN(value)))
        {
            for (int i = 0; i < features; i++)
                for (int j = 0; j < features; j++) k[i] += _p[i, j] * x[j];
            spread = x.Zip(k, (a, b) => a * b).Sum();
            for (int i = 0; i < features; i++)
                for (int j = 0; j < features; j++)
                    _p[i, j] = (_p[i, j] - k[i] * k[j] / (forgetting + spread)) / forgetting;
        }

        var differences = new double[horizons.Length * outputs][];
        var forecast = new double[horizons.Length * outputs];
        for (int m = 0; m < forecast.Length; m++)
        {
            int o = m % outputs;
            double limit = 6 * Math.Sqrt(horizons[m / outputs]);
            double adaptive = Math.Clamp(_weights[m].Zip(x, (a, b) => a * b).Sum(), -limit, limit);
            double other = Math.Clamp((frozen[m] - last[o]) / scale[o], -limit, limit);
            differences[m] = [adaptive, other];
            forecast[m] = last[o] + scale[o] * Believed(_gates[m], adaptive, other);
        }

        _made[seq] = new Made(_ticks, x, k, spread, _now, [.. scale], differences);
        return forecast;
    }

    private void Learn(int m, Made made, double y)
    {
        if (made.Age < 5) return;
        if (made.Age >= 10)
        {
            double[] d = made.D[m], seen = [y * d[0], d[0] * d[0], y * d[1], d[1] * d[1], y * y];
            for (int i = 0; i < 5; i++) _gates[m][i] += _alpha * (seen[i] - _gates[m][i]);
        }

        double error = y - _weights[m].Zip(made.F, (a, b) => a * b).Sum();
        double share = error == 0 ? 1 : Math.Min(1, 3 * Math.Sqrt(_rho[m]) / Math.Abs(error));
        _rho[m] = Math.Max(_rho[m] + 0.01 * (Math.Min(error * error, 25 * _rho[m]) - _rho[m]), 1e-4);
        for (int i = 0; i < features; i++) _weights[m][i] += made.K[i] / (forgetting / share + made.Spread) * error;
    }

    private double Believed(double[] gate, double adaptive, double frozen)
    {
        (double share, double gained) = Share(gate[0], gate[1], gate[4]);
        (double frozenShare, double frozenGained) = Share(gate[2], gate[3], gate[4]);
        if (_ticks < 50) return 0;
        return frozenGained > gained ? frozenShare * frozen : share * adaptive;
    }

    private static (double Share, double Gained) Share(double cross, double square, double target)
    {
        if (cross <= 0 || square <= 0) return (0, 0);
        double chance = _alpha / 2 * target * square / (cross * cross);
        double share = Math.Clamp((1 - chance) * cross / square, 0, 1);
        return (share, 2 * share * cross - share * share * square);
    }

    private static double[][] Rows(int rows, int width) =>
        [.. Enumerable.Range(0, rows).Select(_ => new double[width])];

    private static double[,] Identity(int size, double value)
    {
        var matrix = new double[size, size];
        for (int i = 0; i < size; i++) matrix[i, i] = value;
        return matrix;
    }
}
