using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Realtime.Cells.Vectors;

/// <summary>
/// tanh of 16 floats without a division, which is what a step of one stream waits for. With y = |x| + 1, limited to
/// less than 16, the segment is the octave of y and the eighth within it: bits 20 to 24 of the float. In each segment a
/// polynomial of degree 4 in t, what y is above the segment's start, interpolates tanh at Chebyshev nodes; the first has
/// constant 0. Off by 1.9e-7 at most.
/// </summary>
internal static class TanhTable
{
    private const float Limit = 15.999999f;
    private const int WithinSegment = (1 << 20) - 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> x)
    {
        Vector512<float> minus = Vector512.Create(-0f);
        // The limit comes first, so that a NaN stays one.
        Vector512<float> y = Vector512.MinNative(
            Vector512.Create(Limit), Vector512.AndNot(x, minus) + Vector512.Create(1f));
        Vector512<int> segment = Vector512.ShiftRightArithmetic(y.AsInt32(), 20);
        Vector512<float> t = y - Vector512.AndNot(y.AsInt32(), Vector512.Create(WithinSegment)).AsSingle();
        // Octaves of y in the order 2, 4, 8, 1: the last bit of the exponent's bias is one.
        Vector512<float> c0 = Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.761594117f, 0.848283648f, 0.905148268f, 0.941375554f,
                0.964027584f, 0.978026092f, 0.986614287f, 0.991859734f,
                0.995054781f, 0.998177946f, 0.999329329f, 0.999753237f,
                0.999909222f, 0.999966621f, 0.999987721f, 0.99999547f),
            segment,
            Vector512.Create(
                0.999998331f, 0.999999762f, 0.99999994f, 1f,
                1f, 1f, 1f, 1f,
                0f, 0.124353006f, 0.244918659f, 0.3583574f,
                0.462117165f, 0.554599702f, 0.635148942f, 0.703905582f));
        Vector512<float> c1 = Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.4199875f, 0.280419052f, 0.180706322f, 0.113810375f,
                0.0706490874f, 0.0434635766f, 0.0265912991f, 0.0162136797f,
                0.00986093376f, 0.00363894086f, 0.00134022639f, 0.00049324974f,
                0.000181484589f, 6.67682616e-05f, 2.45631873e-05f, 9.03636101e-06f),
            segment,
            Vector512.Create(
                3.30639477e-06f, 4.47472502e-07f, 6.05588255e-08f, 8.1957463e-09f,
                1.10917353e-09f, 1.50109244e-10f, 2.03166199e-11f, 2.74909327e-12f,
                0.999999762f, 0.984533966f, 0.940013647f, 0.871580005f,
                0.786448717f, 0.692420602f, 0.5965873f, 0.504518211f));
        Vector512<float> c2 = Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                -0.320276737f, -0.238009334f, -0.163557708f, -0.107085243f,
                -0.0680536404f, -0.0424666405f, -0.0262063518f, -0.016062716f,
                -0.00973417424f, -0.00360258366f, -0.00132825016f, -0.000489033642f,
                -0.000179959272f, -6.62106104e-05f, -2.43585073e-05f, -8.96112761e-06f),
            segment,
            Vector512.Create(
                -3.16220053e-06f, -4.27958327e-07f, -5.79178838e-08f, -7.83833443e-09f,
                -1.06080156e-09f, -1.43559886e-10f, -1.94366693e-11f, -2.62698522e-12f,
                6.40065409e-05f, -0.122275874f, -0.23014912f, -0.31233874f,
                -0.363492697f, -0.384107858f, -0.379017234f, -0.355215222f));
        Vector512<float> c3 = Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.108534887f, 0.109954536f, 0.087759912f, 0.0623173341f,
                0.0414815508f, 0.0265976749f, 0.0166806113f, 0.0103234639f,
                0.00599685684f, 0.00222952408f, 0.000823381881f, 0.00030333735f,
                0.000111650093f, 4.10816974e-05f, 1.5114184e-05f, 5.56034274e-06f),
            segment,
            Vector512.Create(
                1.71828776e-06f, 2.32545815e-07f, 3.14716786e-08f, 4.25922941e-09f,
                5.76420245e-10f, 7.80045958e-11f, 1.05697161e-11f, 1.42373786e-12f,
                -0.335898995f, -0.31646198f, -0.258771181f, -0.178626239f,
                -0.0928605497f, -0.0157772433f, 0.0439728908f, 0.083681047f));
        Vector512<float> c4 = Avx512F.PermuteVar16x32x2(
            Vector512.Create(
                0.00362841273f, -0.0211380161f, -0.0251373127f, -0.0208514445f,
                -0.0149891367f, -0.0100217657f, -0.00643705018f, -0.00403992971f,
                -0.00197569514f, -0.000738379196f, -0.000273210113f, -0.000100722158f,
                -3.70825692e-05f, -1.36458348e-05f, -5.02055263e-06f, -1.84703003e-06f),
            segment,
            Vector512.Create(
                -4.25168651e-07f, -5.75405892e-08f, -7.78728193e-09f, -1.05389419e-09f,
                -1.42626855e-10f, -1.93000164e-11f, -2.61854514e-12f, -3.50617105e-13f,
                0.0329932272f, 0.112873696f, 0.157763898f, 0.169694975f,
                0.153285787f, 0.119452335f, 0.0798911676f, 0.0433463976f));
        Vector512<float> low = Vector512.FusedMultiplyAdd(c1, t, c0);
        Vector512<float> high = Vector512.FusedMultiplyAdd(c3, t, c2);
        Vector512<float> square = t * t;
        high = Vector512.FusedMultiplyAdd(c4, square, high);
        return Vector512.FusedMultiplyAdd(high, square, low) | (x & minus);
    }
}
