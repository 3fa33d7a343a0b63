using static Realtime.Daemon.Configuration.ValueKinds;

namespace Realtime.Daemon.Configuration;

/// <summary>The settings of <c>adapt</c>, of a model or of all streams.</summary>
internal static class AdaptSchema
{
    /// <summary>The largest ridge: beyond it nothing is learnt.</summary>
    private const double RidgeMax = 1e9;

    private const double Least = 1e-9;

    private const string Hidden = "hidden";
    private const string WithInputs = "hidden+inputs";

    public static SettingTable<AdaptOverride> Adapt { get; } = new(
        new Setting<AdaptOverride, string>("kind", Choice("rls"), "recursive least squares, the only kind there is",
            static _ => "rls", static (o, _) => o),
        new Setting<AdaptOverride, double?>("forgetting", OrNull(Number(0.5, 1)),
            "what a tick's weight is multiplied by per tick after it; null is as the model file says",
            o => o.Forgetting, (o, v) => o with { Forgetting = v }),
        new Setting<AdaptOverride, double?>("ridge", OrNull(Number(Least, RidgeMax)),
            "penalty on squared coefficients at the start; null is as the model file says",
            o => o.Ridge, (o, v) => o with { Ridge = v }),
        new Setting<AdaptOverride, string?>("features", NullOr(Choice(Hidden, WithInputs)),
            "what the head sees: the hidden state, or the network's inputs too; null is as the model file says",
            o => o.WithInputs is { } with ? with ? WithInputs : Hidden : null,
            (o, v) => o with { WithInputs = v is null ? null : v == WithInputs }));

    public static ValueKind<AdaptOverride> Kind { get; } = new(
        "string or object", "\"none\" or an object with kind, forgetting, ridge, features",
        NodeKinds.Text | NodeKinds.Object,
        (GivenValue given, out AdaptOverride value) =>
        {
            value = AdaptOverride.None;
            if (given.Node.Kind == NodeKinds.Text)
                return given.Node.Text == "none" || given.Mismatch(NearestName.Find(given.Node.Text, ["none"]));
            if (given.Node.Kind != NodeKinds.Object)
                return given.Mismatch();
            value = Adapt.Read(new AdaptOverride(), given.Node, "", given.Key + ".", given.Report);
            return true;
        },
        value => value.IsNone ? "\"none\"" : Adapt.Format(value))
    {
        MakeSchema = static () => JsonSchemas.AnyOf(JsonSchemas.OneOf(["none"]), Adapt.Schema(new AdaptOverride())),
    };

    public static IEnumerable<Setting> Describe(string prefix) =>
        Adapt.Rows.Select(row => row.Describe(prefix, new AdaptOverride()));
}
