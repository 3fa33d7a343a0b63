using System.Diagnostics.CodeAnalysis;

namespace Realtime.Protocol;

/// <summary>What a subscriber should know about a prediction besides its numbers.</summary>
[Flags]
[SuppressMessage("Naming", "CA1711", Justification = "The key on the wire is flags.")]
public enum PredictionFlags : byte
{
    None = 0,

    /// <summary>Too little seen, or a model warming up.</summary>
    Warming = 1,

    /// <summary>An input was missing.</summary>
    Imputed = 2,

    /// <summary>The tick's time went backwards.</summary>
    Late = 4,

    /// <summary>The adaptive head is off.</summary>
    Frozen = 8,

    /// <summary>Persistence is better just now.</summary>
    Fallback = 16,
}
