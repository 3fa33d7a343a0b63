using Realtime.Cells;

namespace Realtime.Gpu;

/// <summary>
/// A model as the kernels read it: a list of ops, weights and biases. Between ops a stream's values lie in regions of
/// its part of the tile: two that inputs and outputs of layers take in turns, one for h, one for c (or r∘h).
/// </summary>
internal sealed class StepPlan
{
    // As in step.cl.
    private const int Header = 8;
    private const int OpInts = 16;
    private const int Block = 32;

    private enum Kind
    {
        Input,
        Embed,
        Load,
        Store,
        Dense,
        Rnn,
        Gru,
        Reset,
        GruBefore,
        Lstm,
        Softmax,
    }

    private readonly List<int> _ops = [];
    private readonly List<float> _weights = [];
    private readonly List<float> _biases = [];
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int[] _flow = [0, 0];
    private int _hidden;
    private int _cell;
    private int _side;

    public StepPlan(Model model)
    {
        Layer[] layers = [.. model.Layers.Where(layer => layer is not DropoutLayer)];
        _inputs = model.NetworkInputCount;
        _outputs = model.OutputCount;
        RowStride = Math.Max(8, (model.StateFloats + 7) / 8 * 8);
        Measure(layers);
        int first = 0;
        if (layers[0] is EmbeddingLayer embedding)
        {
            AddEmbedding(embedding);
            first = 1;
        }
        else Add(new Op { Kind = Kind.Input, Count = _inputs, Y = Here });

        int state = 0;
        for (int i = first; i < layers.Length; i++)
        {
            if (layers[i] is RecurrentLayer recurrent) AddRecurrent(recurrent, ref state);
            else AddDense((DenseLayer)layers[i], isHead: i == layers.Length - 1);
        }

        int[] header = new int[Header];
        (header[0], header[1], header[2], header[3], header[4]) =
            (_ops.Count / OpInts, TileStride, _inputs, _outputs, RowStride);
        Ints = [.. header, .. _ops];
        // Never empty: a device has no buffers of nothing.
        Weights = [.. _weights, 0, 0, 0, 0];
        Biases = [.. _biases, 0];
    }

    public int[] Ints { get; }
    public float[] Weights { get; }
    public float[] Biases { get; }

    /// <summary>Floats from one row of states to the next.</summary>
    public int RowStride { get; }

    /// <summary>Floats of a stream's part of the tile, a multiple of 4.</summary>
    public int TileStride => _flow[0] + _flow[1] + _hidden + _cell;

    /// <summary>Units of the largest layer.</summary>
    public int LargestLayer { get; private set; }

    private int Here => _side == 0 ? 0 : _flow[0];
    private int There => _side == 0 ? _flow[0] : 0;
    private int Hidden => _flow[0] + _flow[1];
    private int Cell => Hidden + _hidden;

    private static int Padded(int count) => (count + 3) / 4 * 4;

    private void Measure(Layer[] layers)
    {
        int side = 0;
        _flow[0] = Padded(layers[0] is EmbeddingLayer ? layers[0].Outputs : _inputs);
        foreach (Layer layer in layers)
        {
            LargestLayer = Math.Max(LargestLayer, layer.Outputs);
            if (layer is EmbeddingLayer) continue;
            side = 1 - side;
            bool isHead = layer == layers[^1] && layer is DenseLayer { Activation: not Activation.Softmax };
            if (!isHead) _flow[side] = Math.Max(_flow[side], Padded(layer.Outputs));
            if (layer is not RecurrentLayer) continue;
            _hidden = Math.Max(_hidden, Padded(layer.Outputs));
            if (layer is LstmLayer or GruLayer { ResetAfter: false }) _cell = Math.Max(_cell, Padded(layer.Outputs));
        }
    }

    private void AddEmbedding(EmbeddingLayer layer)
    {
        Add(new Op { Kind = Kind.Embed, Count = layer.Outputs, Y = Here, XWeights = _weights.Count / 4 });
        ReadOnlySpan<float> table = layer.Weight.Span;
        for (int token = 0; token < layer.Vocabulary; token++)
        {
            _weights.AddRange(table.Slice(token * layer.Outputs, layer.Outputs));
            while (_weights.Count % 4 != 0) _weights.Add(0);
        }
    }

    private void AddDense(DenseLayer layer, bool isHead)
    {
        bool isSoftmax = layer.Activation == Activation.Softmax;
        Add(new Op
        {
            Kind = Kind.Dense,
            Count = layer.Outputs,
            X = Here,
            XQuads = Padded(layer.Inputs) / 4,
            Y = isHead && !isSoftmax ? -1 : There,
            XWeights = Pack(layer.Weight.Span, layer.Inputs, layer.Outputs, [0]),
            Biases = _biases.Count,
            Activation = isSoftmax ? Activation.Linear : layer.Activation,
        });
        _biases.AddRange(layer.Bias.Span);
        if (isSoftmax) Add(new Op { Kind = Kind.Softmax, Count = layer.Outputs, X = There });
        _side = 1 - _side;
    }

    private void AddRecurrent(RecurrentLayer layer, ref int state)
    {
        int units = layer.Hidden;
        bool hasCell = layer is LstmLayer;
        Add(new Op { Kind = Kind.Load, Count = units, H = Hidden, C = hasCell ? Cell : -1, State = state });
        var op = new Op
        {
            Count = units,
            X = Here,
            XQuads = Padded(layer.Inputs) / 4,
            H = Hidden,
            HQuads = Padded(units) / 4,
            Y = There,
            C = Cell,
        };
        if (layer is GruLayer { ResetAfter: false } before) AddResetBefore(before, op);
        else Add(WithGates(layer, op));
        Add(new Op { Kind = Kind.Store, Count = units, X = There, C = hasCell ? Cell : -1, State = state });
        state += hasCell ? 2 * units : units;
        _side = 1 - _side;
    }

    private Op WithGates(RecurrentLayer layer, Op op)
    {
        int[] gates = [.. Enumerable.Range(0, layer.Gates)];
        bool isGru = layer is GruLayer, isLstm = layer is LstmLayer;
        int biases = _biases.Count;
        // The candidate's two sums stay apart in a GRU: the reset gate acts on one of them.
        for (int gate = 0; gate < layer.Gates; gate++)
        {
            for (int j = 0; j < layer.Hidden; j++)
                _biases.Add(isGru && gate == 2 ? Ih(layer, gate, j) : Both(layer, gate, j));
        }

        if (isGru) _biases.AddRange(layer.BiasHh.Span[(2 * layer.Hidden)..]);
        return op with
        {
            Kind = isGru ? Kind.Gru : isLstm ? Kind.Lstm : Kind.Rnn,
            XWeights = Pack(layer.WeightIh.Span, layer.Inputs, layer.Hidden, gates),
            HWeights = Pack(layer.WeightHh.Span, layer.Hidden, layer.Hidden, gates),
            Biases = biases,
            Activation = layer is RnnLayer rnn ? rnn.Activation : Activation.Linear,
        };
    }

    private void AddResetBefore(GruLayer layer, Op op)
    {
        int units = layer.Hidden, biases = _biases.Count;
        for (int gate = 0; gate < 3; gate++)
            for (int j = 0; j < units; j++) _biases.Add(Both(layer, gate, j));
        Add(op with
        {
            Kind = Kind.Reset,
            XWeights = Pack(layer.WeightIh.Span, layer.Inputs, units, [0]),
            HWeights = Pack(layer.WeightHh.Span, units, units, [0]),
            Biases = biases,
        });
        Add(op with
        {
            Kind = Kind.GruBefore,
            XWeights = Pack(layer.WeightIh.Span, layer.Inputs, units, [1, 2]),
            HWeights = Pack(layer.WeightHh.Span, units, units, [1]),
            NWeights = Pack(layer.WeightHh.Span, units, units, [2]),
            Biases = biases + units,
        });
    }

    private static float Ih(RecurrentLayer layer, int gate, int j) => layer.BiasIh.Span[gate * layer.Hidden + j];

    private static float Both(RecurrentLayer layer, int gate, int j) =>
        (float)((double)Ih(layer, gate, j) + layer.BiasHh.Span[gate * layer.Hidden + j]);

    /// <summary>Appends [quad of columns][block of units][gate][unit of the block][4], zero behind the last unit, and
    /// returns its first float4.</summary>
    private int Pack(ReadOnlySpan<float> matrix, int columns, int units, ReadOnlySpan<int> gates)
    {
        int start = _weights.Count / 4;
        for (int k = 0; k < Padded(columns); k += 4)
        {
            for (int block = 0; block < units; block += Block)
            {
                foreach (int gate in gates)
                {
                    for (int unit = block; unit < block + Block; unit++)
                    {
                        for (int i = k; i < k + 4; i++)
                        {
                            _weights.Add(
                                unit < units && i < columns ? matrix[(gate * units + unit) * columns + i] : 0);
                        }
                    }
                }
            }
        }

        return start;
    }

    private void Add(Op op)
    {
        _ops.AddRange([(int)op.Kind, op.Count, op.X, op.XQuads, op.H, op.HQuads, op.Y, op.C, op.XWeights, op.HWeights,
            op.NWeights, op.Biases, (int)op.Activation, op.State, 0, 0]);
    }

    private readonly record struct Op
    {
        public Kind Kind { get; init; }
        public int Count { get; init; }
        public int X { get; init; }
        public int XQuads { get; init; }
        public int H { get; init; }
        public int HQuads { get; init; }
        public int Y { get; init; }
        public int C { get; init; }
        public int XWeights { get; init; }
        public int HWeights { get; init; }
        public int NWeights { get; init; }
        public int Biases { get; init; }
        public Activation Activation { get; init; }
        public int State { get; init; }
    }
}
