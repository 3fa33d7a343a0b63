using System.Runtime.InteropServices;

namespace Realtime.Protocol.ZeroMq;

/// <summary>The native libzmq: where it is, and which version.</summary>
public static class ZmqLibrary
{
    /// <summary>The oldest version that has every option used here.</summary>
    public static readonly Version MinimumVersion = new(4, 3, 0);

    private static readonly Lazy<nint> Handle = new(Load);
    private static readonly Lazy<Version> LoadedVersion = new(ReadVersion);

    /// <summary>The version of the library that was found.</summary>
    /// <exception cref="DllNotFoundException">It is missing; the message names the package.</exception>
    public static Version Version => LoadedVersion.Value;

    /// <summary>Loads the library and checks its version, so that a daemon says at once what is missing.</summary>
    /// <exception cref="DllNotFoundException">It is missing; the message names the package.</exception>
    /// <exception cref="NotSupportedException">It is older than <see cref="MinimumVersion"/>.</exception>
    public static void Require()
    {
        if (Version < MinimumVersion)
            throw new NotSupportedException(
                $"found libzmq {Version}, expected {MinimumVersion} or newer (package libzmq5 on Debian and Ubuntu)");
    }

    /// <summary>Whether the library was built with a capability: "curve", "ipc", "gssapi".</summary>
    public static bool Has(string capability) => ZmqNative.Has(capability) != 0;

    internal static nint Resolve(string name) => name == ZmqNative.Library ? Handle.Value : 0;

    private static nint Load()
    {
        string[] names = ["libzmq.so.5", "libzmq.so", "libzmq.5.dylib", "libzmq"];
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
                return handle;
        }
        throw new DllNotFoundException(
            $"libzmq was not found (tried {string.Join(", ", names)}); "
            + "install the package libzmq5 (Debian and Ubuntu) or zeromq (Fedora, Arch)");
    }

    private static Version ReadVersion()
    {
        ZmqNative.GetVersion(out int major, out int minor, out int patch);
        return new Version(major, minor, patch);
    }
}
