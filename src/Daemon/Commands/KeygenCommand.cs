using System.CommandLine;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Security;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Commands;

/// <summary><c>realtimed keygen</c>: a pair of CURVE keys in two files.</summary>
internal static class KeygenCommand
{
    private const string DefaultName = "curve";

    public static Command Create()
    {
        var name = new Option<string>("--out")
        {
            Description = "Writes NAME.key, the secret, which only its owner can read, and NAME.pub, the public one",
            HelpName = "NAME",
            DefaultValueFactory = static _ => DefaultName,
        };
        name.Validators.Add(result =>
        {
            if (Path.GetFileName(NameOf(result.GetValueOrDefault<string>())).Length == 0)
                result.AddError("--out: expected the name of a file");
        });
        var force = new Option<bool>("--force") { Description = "Replaces files that are there" };
        var command = new Command("keygen", "Makes a pair of CURVE keys, for the daemon or for a client")
        {
            name, force,
        };
        command.SetAction(arguments => Make(
            NameOf(arguments.GetRequiredValue(name)), arguments.GetValue(force),
            arguments.InvocationConfiguration.Output, arguments.InvocationConfiguration.Error));
        return command;
    }

    private static int Make(string name, bool replace, TextWriter output, TextWriter error)
    {
        ZmqLibrary.Require();
        var keys = ZmqCurveKeys.Create();
        KeyFile.Write(name, keys, replace);
        error.WriteLine($"secret key in {KeyFile.SecretOf(name)}, public key in {KeyFile.PublicOf(name)}:");
        output.WriteLine(keys.PublicKey);
        return ExitCode.Done;
    }

    // Who names the file that is written is understood.
    private static string NameOf(string name) =>
        name.EndsWith(".key", StringComparison.Ordinal) || name.EndsWith(".pub", StringComparison.Ordinal)
            ? name[..^4] : name;
}
