namespace Realtime.Cells;

/// <summary>
/// What is applied to a layer's weighted sums. An rnn layer has tanh or relu; softmax is for the head only.
/// </summary>
public enum Activation
{
    Linear,
    Sigmoid,
    Tanh,
    Relu,
    Softmax,
}
