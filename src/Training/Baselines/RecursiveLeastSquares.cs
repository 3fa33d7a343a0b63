namespace Realtime.Training.Baselines;

/// <summary>
/// Recursive least squares with forgetting and Huber weights, in double: the weights of one linear forecast.
/// </summary>
/// <remarks>
/// With features f, target y and P₀ = I: k = P f, e = y − wᵀf, g = k / (λ/h + fᵀk), w += g e, P −= g kᵀ. The Huber
/// weight h is min(1, 3ρ/|e|), ρ² the running mean (rate 0.01) of min(e², 25 ρ²). P is divided by λ only while its
/// largest diagonal element is below 10⁴, so that it stays bounded where nothing is to be learnt.
/// </remarks>
internal sealed class RecursiveLeastSquares
{
    private const double LargestVariance = 1e4;
    private const double HuberWidth = 3;
    private const double ErrorRate = 0.01;
    private const double ErrorLimit = 25;
    private const double LeastError = 1e-12;

    private readonly int _width;
    private readonly double _forgetting;
    private readonly double[] _covariance;
    private readonly double[] _weights;
    private readonly double[] _gain;
    private double _meanSquare;

    public RecursiveLeastSquares(int width, double forgetting)
    {
        (_width, _forgetting) = (width, forgetting);
        _covariance = new double[width * width];
        _weights = new double[width];
        _gain = new double[width];
        Clear();
    }

    public double Apply(ReadOnlySpan<double> features) => Dot(_weights, features);

    public void Learn(ReadOnlySpan<double> features, double target)
    {
        var error = target - Apply(features);
        var weight = HuberWeight(error);
        for (var i = 0; i < _width; i++)
        {
            _gain[i] = Dot(_covariance.AsSpan(i * _width, _width), features);
        }
        var scale = 1 / (_forgetting / weight + Dot(_gain, features));
        for (var i = 0; i < _width; i++)
        {
            _weights[i] += scale * _gain[i] * error;
        }
        Narrow(scale);
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private double HuberWeight(double error)
    {
        var square = error * error;
        if (_meanSquare <= LeastError)
        {
            _meanSquare = square;
            return 1;
        }
        var weight = Math.Min(1, HuberWidth * Math.Sqrt(_meanSquare) / Math.Max(Math.Abs(error), LeastError));
        _meanSquare += ErrorRate * (Math.Min(square, ErrorLimit * _meanSquare) - _meanSquare);
        return weight;
    }

    private void Narrow(double scale)
    {
        var largest = 0.0;
        for (var i = 0; i < _width; i++)
        {
            var row = _covariance.AsSpan(i * _width, _width);
            for (var j = 0; j < _width; j++)
            {
                // The product first: what is symmetric stays so to the bit.
                row[j] -= scale * (_gain[i] * _gain[j]);
            }
            largest = Math.Max(largest, row[i]);
        }
        if (largest < LargestVariance)
        {
            foreach (ref var element in _covariance.AsSpan())
            {
                element /= _forgetting;
            }
        }
        // Rounding may take a variance below zero in a very long run; it then starts over, the weights stay.
        if (!IsSound())
        {
            Clear();
        }
    }

    private bool IsSound()
    {
        for (var i = 0; i < _width; i++)
        {
            if (!(_covariance[i * (_width + 1)] > 0))
            {
                return false;
            }
        }
        return true;
    }

    private void Clear()
    {
        _covariance.AsSpan().Clear();
        for (var i = 0; i < _width; i++)
        {
            _covariance[i * (_width + 1)] = 1;
        }
    }
}
