using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Realtime.Cells;

/// <summary>The CPU kernels.</summary>
public static class Kernels
{
    /// <summary>Grows whenever a kernel's results change in any bit; recorded beside the kernel's name.</summary>
    public const int Version = 4;

    public const string Scalar = "scalar";
    public const string Vector128Name = "vector128";
    public const string Vector256Name = "vector256";
    public const string Vector512Name = "vector512";
    public const string Auto = "auto";

    /// <summary>All there are, on whatever machine, from the narrowest to the widest.</summary>
    public static IReadOnlyList<string> All { get; } = [Scalar, Vector128Name, Vector256Name, Vector512Name];

    /// <summary>Those this machine has, from the narrowest to the widest; "scalar" always comes first.</summary>
    public static IReadOnlyList<string> Available { get; } = Detect();

    /// <summary>The kernel a wish means: its own name, or the widest for "auto".</summary>
    /// <exception cref="ArgumentException">This machine has no such kernel; the message names those it has.</exception>
    public static string Resolve(string wanted)
    {
        if (wanted == Auto) return Available[^1];
        if (Available.Contains(wanted)) return wanted;
        throw new ArgumentException(
            $"kernel '{wanted}': this machine has {Auto}, {string.Join(", ", Available)}", nameof(wanted));
    }

    private static List<string> Detect()
    {
        // The vector kernels are specified with one rounding per multiply-add; emulating that is slower than scalar.
        bool fused = Fma.IsSupported || AdvSimd.IsSupported;
        List<string> kernels = [Scalar];
        if (fused && Vector128.IsHardwareAccelerated) kernels.Add(Vector128Name);
        if (fused && Vector256.IsHardwareAccelerated) kernels.Add(Vector256Name);
        if (fused && Vector512.IsHardwareAccelerated) kernels.Add(Vector512Name);
        return kernels;
    }
}
