namespace Realtime.Protocol;

/// <summary>Why a tick or a request was not taken; the numbers are those of the wire.</summary>
public enum ErrorCode : byte
{
    None = 0,
    Malformed = 1,
    UnknownStream = 2,
    Shape = 3,
    TooLate = 4,
    Refused = 5,
    Unsupported = 6,
    TooLarge = 7,
    NotAllowed = 8,
    NotDurable = 9,
    NotNext = 10,
}

public static class ErrorCodes
{
    /// <summary>The reason as it stands in an error reply and in the counters.</summary>
    public static string Reason(this ErrorCode code) => code switch
    {
        ErrorCode.None => "none",
        ErrorCode.Malformed => "malformed",
        ErrorCode.UnknownStream => "unknown stream",
        ErrorCode.Shape => "shape",
        ErrorCode.TooLate => "too late",
        ErrorCode.Refused => "refused",
        ErrorCode.Unsupported => "unsupported version or op",
        ErrorCode.TooLarge => "too large",
        ErrorCode.NotAllowed => "not allowed",
        ErrorCode.NotDurable => "not durable",
        ErrorCode.NotNext => "not next",
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "not an error code of the protocol"),
    };

    /// <summary>Whether a tick with this code counts as refused (it may be sent again) rather than rejected.
    /// </summary>
    public static bool IsRefused(this ErrorCode code) =>
        code is ErrorCode.Refused or ErrorCode.NotDurable or ErrorCode.NotNext;
}
