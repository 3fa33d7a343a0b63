namespace Realtime.EndToEnd.Tests.Harness;

/// <summary>A fact that needs Python with the peers' modules; skipped, saying why, where they are missing.</summary>
internal sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute()
    {
        if (Programs.Python is null)
            Skip = "NOT TESTED: no python3 with zmq, msgpack and numpy "
                + "(apt-get install python3-zmq python3-msgpack python3-numpy)";
    }
}

/// <summary>A fact that needs Node.js and the peers' modules; skipped, saying why, where they are missing.</summary>
internal sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute()
    {
        if (Programs.NodeModules is null)
            Skip = "NOT TESTED: no node, or no modules for it (npm ci --ignore-scripts, in tests/EndToEnd.Tests/peers)";
    }
}

/// <summary>A fact that needs promtool; skipped, saying so, where it is missing.</summary>
internal sealed class PromtoolFactAttribute : FactAttribute
{
    public PromtoolFactAttribute()
    {
        if (Programs.Promtool is null)
            Skip = "NOT TESTED: no promtool (script/test unpacks Debian's prometheus to artifacts/peers)";
    }
}

/// <summary>A fact that needs VictoriaMetrics; skipped, saying so, where it is missing.</summary>
internal sealed class VictoriaFactAttribute : FactAttribute
{
    public VictoriaFactAttribute()
    {
        if (Programs.VictoriaMetrics is null)
            Skip = "NOT TESTED: no victoria-metrics (script/test unpacks that of Debian 13 to artifacts/peers)";
    }
}
