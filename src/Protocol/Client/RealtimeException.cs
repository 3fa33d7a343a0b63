using System.Globalization;
using Realtime.Protocol.MessagePack;

namespace Realtime.Protocol;

/// <summary>The daemon answered with an error, or not as the protocol has it.</summary>
public sealed class RealtimeException(ErrorCode code, string message) : Exception(message)
{
    /// <summary>The daemon's code; <see cref="ErrorCode.None"/> where the reply was no reply of the protocol.</summary>
    public ErrorCode Code { get; } = code;

    /// <summary>The error in a reply; null where there is none.</summary>
    internal static RealtimeException? From(MessagePackValue reply)
    {
        MessagePackValue error = reply["error"];
        if (error.IsNil)
            return null;
        long code = error["code"].AsInt64() ?? 0;
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{error["reason"].AsString() ?? "error"} (code {code}): {error["detail"].AsString()}");
        return new RealtimeException((ErrorCode)code, text);
    }
}
