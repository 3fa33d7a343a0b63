namespace Realtime.Gpu;

/// <summary>A device, or what drives it, refused or failed; the message is one line.</summary>
public sealed class GpuException : Exception
{
    public GpuException(string message)
        : base(message)
    {
    }

    public GpuException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
