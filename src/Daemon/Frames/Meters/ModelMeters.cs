namespace Realtime.Daemon.Frames.Meters;

/// <summary>What is measured of one model's ticks; goes on where another model takes over the name.</summary>
public sealed class ModelMeters(string name)
{
    public string Name { get; } = name;

    /// <summary>From the receipt of a tick by the loop to the hand-over of its prediction.</summary>
    public ExponentialHistogram Latency { get; } = new(FrameMeters.Nanosecond);

    /// <summary>From the time of a tick to the hand-over of its prediction; a time to come counts as zero.</summary>
    public ExponentialHistogram Age { get; } = new(FrameMeters.Nanosecond);

    /// <summary>Predictions published.</summary>
    public long Sent { get; set; }

    /// <summary>Predictions that the prediction socket would not take.</summary>
    public long Dropped { get; set; }

    /// <summary>Streams it serves, bytes that all of them take, and one of them; in copies only.</summary>
    public long Streams { get; set; }
    public long StateBytes { get; set; }
    public long StreamBytes { get; set; }

    /// <summary>How they do; in copies only, and null before the first round through them.</summary>
    public ModelHealth? Health { get; set; }

    public void CopyTo(ModelMeters other)
    {
        Latency.CopyTo(other.Latency);
        Age.CopyTo(other.Age);
        (other.Sent, other.Dropped) = (Sent, Dropped);
    }
}
