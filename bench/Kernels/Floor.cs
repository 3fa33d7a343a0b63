using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Realtime.Bench.Kernels;

/// <summary>
/// What this machine can do at best with 512-bit vectors (in two halves where it has none): multiply-adds in registers,
/// and multiply-adds that load one operand, from a block that stays in some level of cache.
/// </summary>
internal sealed unsafe class Floor : IDisposable
{
    public const int Registers = 12;

    private readonly float* _block;
    private readonly int _vectors;

    /// <param name="bytes">Size of the block.</param>
    public Floor(int bytes)
    {
        _vectors = bytes / 64 / Registers * Registers;
        _block = (float*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        NativeMemory.Clear(_block, (nuint)bytes);
    }

    /// <summary>Multiply-adds of one call of either method.</summary>
    public int Count => _vectors;

    public void Dispose() => NativeMemory.AlignedFree(_block);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public float InRegisters()
    {
        Vector512<float> a = Vector512.Create(_block[0]), b = Vector512.Create(_block[1]);
        Vector512<float> s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a;
        Vector512<float> s6 = a, s7 = a, s8 = a, s9 = a, s10 = a, s11 = a;
        for (var left = _vectors; left > 0; left -= Registers)
        {
            s0 = Vector512.FusedMultiplyAdd(a, b, s0);
            s1 = Vector512.FusedMultiplyAdd(a, b, s1);
            s2 = Vector512.FusedMultiplyAdd(a, b, s2);
            s3 = Vector512.FusedMultiplyAdd(a, b, s3);
            s4 = Vector512.FusedMultiplyAdd(a, b, s4);
            s5 = Vector512.FusedMultiplyAdd(a, b, s5);
            s6 = Vector512.FusedMultiplyAdd(a, b, s6);
            s7 = Vector512.FusedMultiplyAdd(a, b, s7);
            s8 = Vector512.FusedMultiplyAdd(a, b, s8);
            s9 = Vector512.FusedMultiplyAdd(a, b, s9);
            s10 = Vector512.FusedMultiplyAdd(a, b, s10);
            s11 = Vector512.FusedMultiplyAdd(a, b, s11);
        }

        return (s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11)[0];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public float Loading()
    {
        float* at = _block, end = _block + 16L * _vectors;
        Vector512<float> a = Vector512.Create(_block[0]);
        Vector512<float> s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a;
        Vector512<float> s6 = a, s7 = a, s8 = a, s9 = a, s10 = a, s11 = a;
        for (; at < end; at += 16 * Registers)
        {
            s0 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at), s0);
            s1 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 16), s1);
            s2 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 32), s2);
            s3 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 48), s3);
            s4 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 64), s4);
            s5 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 80), s5);
            s6 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 96), s6);
            s7 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 112), s7);
            s8 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 128), s8);
            s9 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 144), s9);
            s10 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 160), s10);
            s11 = Vector512.FusedMultiplyAdd(a, Vector512.Load(at + 176), s11);
        }

        return (s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11)[0];
    }
}
