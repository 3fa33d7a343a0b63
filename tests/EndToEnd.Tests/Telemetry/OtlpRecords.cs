using System.Globalization;

namespace Realtime.EndToEnd.Tests.Telemetry;

/// <summary>A data point of a metric as it was received.</summary>
internal sealed record OtlpPoint
{
    public required string Metric { get; init; }
    public required string Unit { get; init; }
    public required string Scope { get; init; }

    /// <summary>"gauge", "sum", "exponential" or "histogram".</summary>
    public required string Kind { get; init; }

    public bool IsMonotonic { get; init; }

    /// <summary>1 is delta, 2 is cumulative.</summary>
    public int Temporality { get; init; }

    /// <summary>"model=default outcome=sent", by name.</summary>
    public required string Attributes { get; init; }

    public double Value { get; init; }
    public long Count { get; init; }
    public double Sum { get; init; }
    public int Scale { get; init; }
    public long ZeroCount { get; init; }
    public int Offset { get; init; }
    public ulong[] Buckets { get; init; } = [];
    public IReadOnlyList<OtlpExemplar> Exemplars { get; init; } = [];

    /// <summary>The bucket that has a quantile, by its bounds.</summary>
    public (double Low, double High) Quantile(double q)
    {
        var rank = Math.Max(1, (ulong)Math.Ceiling(q * Count));
        var seen = (ulong)ZeroCount;
        if (seen >= rank)
            return (0, 0);
        var index = 0;
        for (seen += Buckets[0]; seen < rank; seen += Buckets[index])
            index++;
        var width = Math.Pow(2, -Scale);
        return (Math.Pow(2, (Offset + index) * width), Math.Pow(2, (Offset + index + 1) * width));
    }
}

internal sealed record OtlpExemplar(string Trace, string Span, double Value);

internal sealed record OtlpSpan(
    string Scope, string Trace, string Id, string Parent, string Name, int Kind, ulong Start, ulong End,
    string Attributes);

internal sealed record OtlpLog(string Severity, int Number, string Body);

/// <summary>Reads the messages of OTLP, by the numbers of its fields.</summary>
internal static class OtlpDecoder
{
    public static IEnumerable<OtlpPoint> Points(ProtobufMessage request) =>
        from resource in request.Messages(1)
        from scope in resource.Messages(2)
        from metric in scope.Messages(2)
        from point in PointsOf(metric, scope.Message(1).Text(1))
        select point;

    public static IEnumerable<OtlpSpan> Spans(ProtobufMessage request) =>
        from resource in request.Messages(1)
        from scope in resource.Messages(2)
        from span in scope.Messages(2)
        select new OtlpSpan(
            scope.Message(1).Text(1), span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), (int)span.Number(6),
            span.Number(7), span.Number(8), Attributes(span, 9));

    public static IEnumerable<OtlpLog> Logs(ProtobufMessage request) =>
        from resource in request.Messages(1)
        from scope in resource.Messages(2)
        from log in scope.Messages(2)
        select new OtlpLog(log.Text(3), (int)log.Number(2), log.Message(5).Text(1));

    public static IEnumerable<string> Resources(ProtobufMessage request) =>
        request.Messages(1).Select(static resource => Attributes(resource.Message(1), 1));

    private static IEnumerable<OtlpPoint> PointsOf(ProtobufMessage metric, string scope)
    {
        (int Field, string Kind)[] kinds = [(5, "gauge"), (7, "sum"), (9, "histogram"), (10, "exponential")];
        return from kind in kinds
               from data in metric.Messages(kind.Field)
               from point in data.Messages(1)
               select Point(metric, scope, kind.Kind, data, point);
    }

    private static OtlpPoint Point(
        ProtobufMessage metric, string scope, string kind, ProtobufMessage data, ProtobufMessage point)
    {
        var result = new OtlpPoint
        {
            Metric = metric.Text(1),
            Unit = metric.Text(3),
            Scope = scope,
            Kind = kind,
            Temporality = (int)data.Number(2),
            IsMonotonic = kind == "sum" && data.Number(3) != 0,
            Attributes = Attributes(point, kind switch
            {
                "exponential" => 1,
                "histogram" => 9,
                _ => 7,
            }),
        };
        if (kind != "exponential")
            return result with { Value = point.Has(4) ? point.Double(4) : (long)point.Number(6) };
        var positive = point.Message(8);
        return result with
        {
            Count = (long)point.Number(4),
            Sum = point.Double(5),
            Scale = (int)point.Zigzag(6),
            ZeroCount = (long)point.Number(7),
            Offset = (int)positive.Zigzag(1),
            Buckets = positive.Numbers(2),
            Exemplars =
            [
                .. point.Messages(11).Select(static one => new OtlpExemplar(one.Hex(5), one.Hex(4), one.Double(3))),
            ],
        };
    }

    private static string Attributes(ProtobufMessage message, int field) => string.Join(' ', message.Messages(field)
        .Select(static one => $"{one.Text(1)}={Any(one.Message(2))}").Order(StringComparer.Ordinal));

    private static string Any(ProtobufMessage value) => value.Has(1) ? value.Text(1)
        : value.Has(3) ? value.Number(3).ToString(CultureInfo.InvariantCulture) : "?";
}
