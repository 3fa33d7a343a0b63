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
