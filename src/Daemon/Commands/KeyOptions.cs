using System.CommandLine;
using System.CommandLine.Parsing;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Security;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Commands;

/// <summary>The options by which a verb that connects has keys.</summary>
internal static class KeyOptions
{
    private static readonly Option<string?> ServerKey = new("--server-key")
    {
        Description = "The daemon's public CURVE key, or the file with it; with --key",
        HelpName = "KEY|FILE",
    };

    private static readonly Option<string?> Key = new("--key")
    {
        Description = "File with the secret key that the daemon knows this client by; with --server-key",
        HelpName = "FILE",
    };

    public static void AddTo(Command command)
    {
        command.Options.Add(ServerKey);
        command.Options.Add(Key);
        command.Validators.Add(static result =>
        {
            if (result.GetValue(ServerKey) is null != result.GetValue(Key) is null)
                result.AddError("--server-key and --key belong together");
        });
    }

    public static bool AreGiven(CommandResult result) => result.GetValue(Key) is not null;

    /// <summary>The keys that were given; null where none were.</summary>
    /// <exception cref="StartException">A file can't be read, or has no key.</exception>
    public static ClientKeys? Read(ParseResult arguments)
    {
        if (arguments.GetValue(Key) is not { } file || arguments.GetValue(ServerKey) is not { } server)
            return null;
        var faults = new List<string>();
        if (!KeyFile.TryReadSecret(file, out var keys, out var fault))
            faults.Add($"--key: {fault}");
        if (!Z85.IsKey(server) && !KeyFile.TryReadPublic(server, out server, out fault))
            faults.Add($"--server-key: {fault}");
        return faults.Count == 0 ? new ClientKeys(keys, server)
            : throw new StartException(ExitCode.Usage, faults);
    }
}

/// <summary>A client's own keys, and the public key of the daemon it means.</summary>
public sealed record ClientKeys(ZmqCurveKeys Own, string Server)
{
    /// <summary>Has a socket use them, before it connects; without keys it connects in the clear.</summary>
    public static void Use(ClientKeys? keys, ZmqSocket socket)
    {
        if (keys is not null)
            socket.UseCurve(keys.Own, keys.Server);
    }
}
