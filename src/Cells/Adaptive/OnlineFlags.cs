namespace Realtime.Cells.Adaptive;

/// <summary>What is to be said with a prediction, of its shortest horizon and first output.</summary>
[Flags]
public enum OnlineFlags
{
    None = 0,

    /// <summary>The stream's normalisation has seen too little.</summary>
    Warming = 1,

    /// <summary>The forecast comes of the frozen head, which was better than the adaptive one lately.</summary>
    Frozen = 2,

    /// <summary>The forecast is the last value, as neither head was better than that lately.</summary>
    Fallback = 4,
}
