using System.Runtime.InteropServices;
using System.Text;

namespace Realtime.Protocol.ZeroMq;

/// <summary>A pair of CURVE keys, each 40 characters of Z85.</summary>
public readonly record struct ZmqCurveKeys(string PublicKey, string SecretKey)
{
    private const int KeyLength = Z85.KeyLength;

    /// <summary>Makes a new pair, from the operating system's randomness.</summary>
    /// <exception cref="ZmqException">libzmq was built without CURVE.</exception>
    public static unsafe ZmqCurveKeys Create()
    {
        byte* publicKey = stackalloc byte[KeyLength + 1];
        byte* secretKey = stackalloc byte[KeyLength + 1];
        if (ZmqNative.NewCurveKeys(publicKey, secretKey) != 0)
            throw new ZmqException("make CURVE keys", Marshal.GetLastPInvokeError());
        return new ZmqCurveKeys(
            Encoding.ASCII.GetString(publicKey, KeyLength), Encoding.ASCII.GetString(secretKey, KeyLength));
    }

    /// <summary>The public key alone: a key's text must never get into a log.</summary>
    public override string ToString() => PublicKey;

    /// <summary>The public key that belongs to a secret key.</summary>
    /// <exception cref="ZmqException">It is not 40 characters of Z85.</exception>
    public static unsafe string PublicKeyOf(string secretKey)
    {
        byte* publicKey = stackalloc byte[KeyLength + 1];
        fixed (byte* secret = Encoding.ASCII.GetBytes(secretKey + '\0'))
        {
            if (ZmqNative.CurvePublicKey(publicKey, secret) != 0)
                throw new ZmqException("read a CURVE secret key", Marshal.GetLastPInvokeError());
        }
        return Encoding.ASCII.GetString(publicKey, KeyLength);
    }
}
