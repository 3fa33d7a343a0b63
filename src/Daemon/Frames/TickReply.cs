using Realtime.Protocol;
using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Frames;

/// <summary>
/// The reply to one request with ticks, put together outcome by outcome; a batch larger than a frame goes on filling
/// it in the next frame.
/// </summary>
public sealed class TickReply(ulong epoch)
{
    // What a reply may leave allocated for the next one.
    private const int KeepBytes = 4 * 1024 * 1024;

    private const int ErrorBytesMax = 64 * 1024 * 1024;

    // Kept free before the predictions, so that what comes before them finds its place there, where it tells no errors.
    private const int HeadBytes = 192;

    private readonly ulong[] _counts = new ulong[Enum.GetValues<OutcomeKind>().Length];
    private MessagePackWriter _errors = new();
    private MessagePackWriter _predictions = new();
    private MessagePackWriter _whole = new();
    private int _index;
    private int _errorCount;
    private int _predictionCount;
    private Outcome _lastError;

    /// <summary>Ticks answered so far.</summary>
    public int Ticks => _index;

    public void Add(in Outcome outcome)
    {
        _counts[(int)outcome.Kind]++;
        if (outcome.Code != ErrorCode.None)
        {
            _lastError = outcome;
            AddError(in outcome);
        }

        _index++;
    }

    /// <summary>Takes the prediction of the outcome added last, or nil: one element must be written.</summary>
    public MessagePackWriter AddPrediction()
    {
        if (_predictionCount++ == 0)
            _predictions.Take(HeadBytes);
        return _predictions;
    }

    /// <summary>The whole reply, valid until the next call; what follows begins a new one.</summary>
    /// <param name="withPredictions">They were asked for.</param>
    /// <param name="rid">The sender's mark as encoded; empty where it gave none.</param>
    /// <param name="faulty">The message itself was at fault: the reply is an error reply too.</param>
    public ReadOnlySpan<byte> Finish(bool withPredictions, ReadOnlySpan<byte> rid, bool faulty)
    {
        if (_whole.Length > KeepBytes)
            _whole = new MessagePackWriter();
        _whole.Clear();
        var reply = new ReplyContent
        {
            Ack = new AckCounts(
                epoch, _counts[(int)OutcomeKind.Accepted], _counts[(int)OutcomeKind.Duplicate],
                _counts[(int)OutcomeKind.Rejected], _counts[(int)OutcomeKind.Refused]),
            ErrorCount = _errorCount,
            Errors = _errors.Written,
            HasPredictions = withPredictions,
            PredictionCount = _predictionCount,
            Predictions = _predictionCount == 0 ? [] : _predictions.Written[HeadBytes..],
            Rid = rid,
            Fault = faulty ? _lastError.Code : ErrorCode.None,
            FaultDetail = _lastError.Detail,
        };
        var whole = Join(in reply);
        Clear();
        return whole;
    }

    // Predictions stay where they are.
    private ReadOnlySpan<byte> Join(scoped in ReplyContent reply)
    {
        ReplyWriter.WriteHead(_whole, in reply);
        var start = HeadBytes - _whole.Length;
        if (reply.Predictions.IsEmpty || start < 0)
        {
            _whole.WriteRaw(reply.Predictions);
            ReplyWriter.WriteTail(_whole, in reply);
            return _whole.Written;
        }

        _predictions.Overwrite(start, _whole.Written);
        ReplyWriter.WriteTail(_predictions, in reply);
        return _predictions.Written[start..];
    }

    // A message of the largest size, made of nothing but faults, would list more of them than a reply can hold.
    private void AddError(in Outcome outcome)
    {
        if (_errors.Length > ErrorBytesMax)
            return;
        _errorCount++;
        ReplyWriter.WriteError(_errors, _index, outcome.Code, outcome.Detail);
    }

    private void Clear()
    {
        if (_predictions.Length > KeepBytes)
            _predictions = new MessagePackWriter();
        if (_errors.Length > KeepBytes)
            _errors = new MessagePackWriter();
        _predictions.Clear();
        _errors.Clear();
        _counts.AsSpan().Clear();
        _index = _errorCount = _predictionCount = 0;
        _lastError = default;
    }
}
