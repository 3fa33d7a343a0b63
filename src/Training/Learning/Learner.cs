using Realtime.Cells;
using Realtime.Cells.States;
using Realtime.Training.Learning.Losses;
using Realtime.Training.Learning.Optimisers;
using Realtime.Training.Learning.Tapes;

namespace Realtime.Training.Learning;

/// <summary>How a <see cref="Learner"/> goes through batches.</summary>
/// <param name="Rows">Sequences of every batch.</param>
/// <param name="Steps">Steps of the longest batch.</param>
/// <param name="Threads">Which of them does what makes no difference to any result.</param>
/// <param name="CarriesState">Whether a row of a batch goes on where the batch before ended (truncated
/// back-propagation, R. Williams, J. Peng, Neural Computation 2, 1990), or begins at zero.</param>
/// <param name="RecurrentDropout">The share of h that recurrent weights do not see in training.</param>
/// <param name="Seed">What dropped values are drawn from.</param>
/// <param name="Averaging">The share that the mean of the weights so far keeps at each step, in the long run; 0 without
/// such a mean.</param>
public sealed record LearnerOptions(
    int Rows, int Steps, int Threads = 1, bool CarriesState = false, double RecurrentDropout = 0, ulong Seed = 0,
    double Averaging = 0);

/// <summary>
/// The weights of a chain of layers, and their gradient over batches by back-propagation through time.
/// </summary>
/// <remarks>
/// A batch is split into shares of <see cref="RowsPerShare"/> rows, whatever the number of threads, and the shares'
/// gradients are added in their order: the same batches give the same bits with any number of threads.
/// </remarks>
public sealed class Learner : IDisposable
{
    /// <summary>Rows that go through the layers together.</summary>
    public const int RowsPerShare = 8;

    private readonly LearnerOptions _options;
    private readonly Weights _weights;
    private readonly NetworkTape[] _shares;
    private readonly LossSum[] _sums;
    private readonly AlignedFloats _gradient;
    private readonly ParallelOptions _parallel;
    private readonly int _targets;
    private readonly int _outputs;
    private readonly float[] _mean;
    private int _passes;
    private int _steps;

    /// <exception cref="ArgumentException">The head does not fit the loss.</exception>
    public Learner(IReadOnlyList<Layer> layers, Loss loss, LearnerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Steps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        if (!(options.RecurrentDropout is >= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(options), options.RecurrentDropout, "expected 0 <= recurrent dropout < 1");
        }
        _options = options;
        _outputs = layers[^1].Outputs;
        _targets = loss.TargetsFor(_outputs);
        _weights = new Weights(layers);
        _gradient = new AlignedFloats(_weights.Count);
        _mean = options.Averaging > 0 ? _weights.Values.ToArray() : [];
        _shares = new NetworkTape[(options.Rows + RowsPerShare - 1) / RowsPerShare];
        _sums = new LossSum[_shares.Length];
        for (var i = 0; i < _shares.Length; i++)
        {
            var first = i * RowsPerShare;
            _shares[i] = new NetworkTape(_weights, loss, options.RecurrentDropout, first,
                Math.Min(RowsPerShare, options.Rows - first), options.Steps);
        }
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads };
    }

    /// <summary>The mean loss of a batch, and its gradient for the next <see cref="Step"/>.</summary>
    public LossSum Gradient(Batch batch)
    {
        _passes++;
        var sum = Run(batch, drops: true, wantsGradient: true);
        AddGradients(sum.Count == 0 ? 0 : 1f / sum.Count);
        return sum;
    }

    /// <summary>The loss as the model will have it, with nothing dropped.</summary>
    public LossSum Evaluate(Batch batch) => Run(batch, drops: false, wantsGradient: false);

    /// <summary>The head's outputs of the last batch at a step of a row.</summary>
    public unsafe ReadOnlySpan<float> OutputsAt(int step, int row)
    {
        var share = _shares[row / RowsPerShare];
        var rows = Math.Min(RowsPerShare, _options.Rows - row / RowsPerShare * RowsPerShare);
        return new(share.Outputs + ((nint)step * rows + row % RowsPerShare) * share.OutputStride, _outputs);
    }

    /// <summary>The norm of the gradient, all tensors as one vector.</summary>
    public double GradientNorm()
    {
        double squares = 0;
        foreach (var value in GradientSpan)
        {
            squares += (double)value * value;
        }
        return Math.Sqrt(squares);
    }

    /// <summary>
    /// Shortens the gradient to a norm (R. Pascanu, T. Mikolov, Y. Bengio: On the difficulty of training recurrent
    /// neural networks, ICML 2013); a shorter one stays.
    /// </summary>
    /// <returns>The norm before.</returns>
    public double ClipGradient(double largest)
    {
        var norm = GradientNorm();
        // As PyTorch's clip_grad_norm_, so that results can be compared.
        var factor = (float)(largest / (norm + 1e-6));
        if (factor < 1)
        {
            foreach (ref var value in GradientSpan)
            {
                value *= factor;
            }
        }
        return norm;
    }

    /// <summary>Moves the weights by the gradient.</summary>
    public void Step(Optimiser optimiser, double rate)
    {
        optimiser.Step(_weights.Values, GradientSpan, rate);
        _weights.Transpose();
        _steps++;
        // Shorter at first: the weights to begin with are no good.
        var kept = (float)Math.Min(_options.Averaging, (_steps + 1.0) / (_steps + 10.0));
        for (var i = 0; i < _mean.Length; i++)
        {
            _mean[i] = kept * _mean[i] + (1 - kept) * _weights.Values[i];
        }
    }

    /// <summary>The layers with the present weights, or their mean over the last steps where that is
    /// asked for.</summary>
    public IReadOnlyList<Layer> Layers() => _weights.ToLayers(_mean.Length > 0 ? _mean : _weights.Values);

    /// <summary>Takes other weights for the same layers.</summary>
    public void Load(IReadOnlyList<Layer> layers) => _weights.Load(layers);

    /// <summary>Writes the weights and what else the next step depends on, or reads it back; carried states are not
    /// part of it.</summary>
    internal void Pass(Passage passage)
    {
        passage.Whole(ref _passes);
        passage.Whole(ref _steps);
        passage.Floats(_weights.Values);
        passage.Floats(_mean.AsSpan());
        _weights.Transpose();
    }

    /// <summary>The gradient by a tensor, in its shape's order.</summary>
    public float[] GradientOf(string tensor) => _weights.Gather(tensor, GradientSpan);

    public void Dispose()
    {
        foreach (var share in _shares)
        {
            share.Dispose();
        }
        _weights.Dispose();
        _gradient.Dispose();
    }

    private Span<float> GradientSpan => _gradient.Span(0, _weights.Count);

    private LossSum Run(Batch batch, bool drops, bool wantsGradient)
    {
        if (batch.Rows != _options.Rows || batch.Steps > _options.Steps || batch.TargetCount != _targets
            || batch.InputCount != _weights.Layers[0].Inputs)
        {
            throw new ArgumentException($"expected {_options.Rows} rows of at most {_options.Steps} steps, "
                + $"{_weights.Layers[0].Inputs} inputs and {_targets} targets, found {batch.Rows}, {batch.Steps}, "
                + $"{batch.InputCount} and {batch.TargetCount}", nameof(batch));
        }
        if (_options.Threads == 1 || _shares.Length == 1)
        {
            for (var i = 0; i < _shares.Length; i++)
            {
                RunShare(i);
            }
        }
        else
        {
            Parallel.For(0, _shares.Length, _parallel, RunShare);
        }
        var sum = new LossSum();
        foreach (var share in _sums)
        {
            sum.Add(share);
        }
        return sum;

        void RunShare(int i) => _sums[i] = _shares[i].Run(
            batch, new(drops, _options.CarriesState, SplitMix64.For(_options.Seed, _passes, i).Next()), wantsGradient);
    }

    private void AddGradients(float factor)
    {
        var total = GradientSpan;
        _shares[0].Gradient.CopyTo(total);
        for (var share = 1; share < _shares.Length; share++)
        {
            var one = _shares[share].Gradient;
            for (var i = 0; i < total.Length; i++)
            {
                total[i] += one[i];
            }
        }
        foreach (ref var value in total)
        {
            value *= factor;
        }
    }
}
