using System.Runtime.Intrinsics;
using Realtime.Cells;
using Realtime.Cells.Vectors;

namespace Realtime.Training.Learning.Tapes;

/// <summary>Makes the tape of a layer, for the widest vectors of this machine.</summary>
internal static class TapeFactory
{
    /// <param name="weights">Of all layers.</param>
    /// <param name="layer">The layer's place in the chain.</param>
    /// <param name="givesSums">Whether a head is left without its activation.</param>
    /// <param name="recurrentDropout">The share of h that recurrent weights do not see in training.</param>
    /// <param name="rows">Sequences side by side.</param>
    /// <param name="steps">The longest window.</param>
    public static LayerTape Make(
        Weights weights, int layer, bool givesSums, double recurrentDropout, int rows, int steps) =>
        Vector512.IsHardwareAccelerated
            ? Make<Lanes512, Vector512<float>>(weights, layer, givesSums, recurrentDropout, rows, steps)
            : Vector256.IsHardwareAccelerated
                ? Make<Lanes256, Vector256<float>>(weights, layer, givesSums, recurrentDropout, rows, steps)
                : Make<Lanes128, Vector128<float>>(weights, layer, givesSums, recurrentDropout, rows, steps);

    private static LayerTape Make<TLanes, TVector>(
        Weights weights, int layer, bool givesSums, double recurrentDropout, int rows, int steps)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged => weights.Layers[layer] switch
        {
            RnnLayer => new RnnTape<TLanes, TVector>(weights, layer, recurrentDropout, rows, steps),
            GruLayer { ResetAfter: true } =>
                new GruTape<TLanes, TVector>(weights, layer, recurrentDropout, rows, steps),
            GruLayer => new GruResetBeforeTape<TLanes, TVector>(weights, layer, recurrentDropout, rows, steps),
            LstmLayer => new LstmTape<TLanes, TVector>(weights, layer, recurrentDropout, rows, steps),
            DenseLayer => new DenseTape<TLanes, TVector>(weights, layer, givesSums, rows, steps),
            EmbeddingLayer => new EmbeddingTape(weights, layer, rows, steps),
            DropoutLayer dropout => new DropoutTape(layer, dropout.Outputs, dropout.Rate, rows, steps),
            var other => throw new NotSupportedException($"{other.Name}: no tape for a layer of kind {other.Kind}"),
        };
}
