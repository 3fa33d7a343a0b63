namespace Realtime.Daemon.Frames.HandOver;

/// <summary>Where the reply goes of a request that takes longer than its frame.</summary>
/// <param name="Identity">The client's routing id.</param>
/// <param name="Rid">The request's mark as encoded; empty where it has none.</param>
public sealed record LateReply(byte[] Identity, byte[] Rid);
