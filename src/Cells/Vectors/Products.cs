using System.Runtime.CompilerServices;

namespace Realtime.Cells.Vectors;

/// <summary>
/// y = b + W x for one stream, or for four at once with each weight loaded once. A lane's sum is the same operations in
/// the same order in every one of these loops: one chain over the even columns that begins with the bias, one over the
/// odd columns, added at the end.
/// </summary>
internal static unsafe class Products<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    /// <summary>y has room for the matrix's vectors; x and y are aligned and do not overlap.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void One(PackedMatrix matrix, float* x, float* y)
    {
        int vector = 0;
        for (; vector + 4 <= matrix.Vectors; vector += 4) FourByOne(matrix, vector, x, y);
        for (; vector + 2 <= matrix.Vectors; vector += 2) TwoByOne(matrix, vector, x, y);
        if (vector < matrix.Vectors) OneByOne(matrix, vector, x, y);
    }

    /// <summary>The same for four streams; stream m's result begins at y + m · stride.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Four(PackedMatrix matrix, float* x0, float* x1, float* x2, float* x3, float* y, int stride)
    {
        int vector = 0;
        // Sixteen sums: only where there are 32 registers.
        if (TLanes.Width == 16)
            for (; vector + 2 <= matrix.Vectors; vector += 2) TwoByFour(matrix, vector, x0, x1, x2, x3, y, stride);
        for (; vector < matrix.Vectors; vector++) OneByFour(matrix, vector, x0, x1, x2, x3, y, stride);
    }

    private static void FourByOne(PackedMatrix matrix, int vector, float* x, float* y)
    {
        int width = TLanes.Width;
        float* w = matrix.Block(vector), v = matrix.Block(vector + 2), end = x + matrix.Columns;
        float* bias = matrix.Biases + vector * width;
        TVector even0 = TLanes.Load(bias), even1 = TLanes.Load(bias + width);
        TVector even2 = TLanes.Load(bias + 2 * width), even3 = TLanes.Load(bias + 3 * width);
        TVector odd0 = TLanes.All(0), odd1 = odd0, odd2 = odd0, odd3 = odd0;
        do
        {
            TVector c = TLanes.All(x[0]);
            even0 = TLanes.MultiplyAdd(TLanes.Load(w), c, even0);
            even1 = TLanes.MultiplyAdd(TLanes.Load(w + width), c, even1);
            even2 = TLanes.MultiplyAdd(TLanes.Load(v), c, even2);
            even3 = TLanes.MultiplyAdd(TLanes.Load(v + width), c, even3);
            c = TLanes.All(x[1]);
            odd0 = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), c, odd0);
            odd1 = TLanes.MultiplyAdd(TLanes.Load(w + 3 * width), c, odd1);
            odd2 = TLanes.MultiplyAdd(TLanes.Load(v + 2 * width), c, odd2);
            odd3 = TLanes.MultiplyAdd(TLanes.Load(v + 3 * width), c, odd3);
            w += 4 * width;
            v += 4 * width;
            x += 2;
        }
        while (x < end);
        y += vector * width;
        TLanes.Store(TLanes.Add(even0, odd0), y);
        TLanes.Store(TLanes.Add(even1, odd1), y + width);
        TLanes.Store(TLanes.Add(even2, odd2), y + 2 * width);
        TLanes.Store(TLanes.Add(even3, odd3), y + 3 * width);
    }

    private static void TwoByOne(PackedMatrix matrix, int vector, float* x, float* y)
    {
        int width = TLanes.Width;
        float* w = matrix.Block(vector), end = x + matrix.Columns, bias = matrix.Biases + vector * width;
        TVector even0 = TLanes.Load(bias), even1 = TLanes.Load(bias + width);
        TVector odd0 = TLanes.All(0), odd1 = odd0;
        do
        {
            TVector c = TLanes.All(x[0]);
            even0 = TLanes.MultiplyAdd(TLanes.Load(w), c, even0);
            even1 = TLanes.MultiplyAdd(TLanes.Load(w + width), c, even1);
            c = TLanes.All(x[1]);
            odd0 = TLanes.MultiplyAdd(TLanes.Load(w + 2 * width), c, odd0);
            odd1 = TLanes.MultiplyAdd(TLanes.Load(w + 3 * width), c, odd1);
            w += 4 * width;
            x += 2;
        }
        while (x < end);
        y += vector * width;
        TLanes.Store(TLanes.Add(even0, odd0), y);
        TLanes.Store(TLanes.Add(even1, odd1), y + width);
    }

    private static void OneByOne(PackedMatrix matrix, int vector, float* x, float* y)
    {
        int width = TLanes.Width, step = matrix.StepAt(vector);
        float* w = matrix.Block(vector), end = x + matrix.Columns;
        TVector even = TLanes.Load(matrix.Biases + vector * width), odd = TLanes.All(0);
        do
        {
            even = TLanes.MultiplyAdd(TLanes.Load(w), TLanes.All(x[0]), even);
            odd = TLanes.MultiplyAdd(TLanes.Load(w + step), TLanes.All(x[1]), odd);
            w += 2 * step;
            x += 2;
        }
        while (x < end);
        TLanes.Store(TLanes.Add(even, odd), y + vector * width);
    }

    private static void TwoByFour(
        PackedMatrix matrix, int vector, float* x0, float* x1, float* x2, float* x3, float* y, int stride)
    {
        int width = TLanes.Width;
        float* w = matrix.Block(vector), end = x0 + matrix.Columns, bias = matrix.Biases + vector * width;
        TVector even00 = TLanes.Load(bias), even01 = TLanes.Load(bias + width);
        TVector even10 = even00, even11 = even01, even20 = even00, even21 = even01, even30 = even00, even31 = even01;
        TVector odd00 = TLanes.All(0), odd01 = odd00;
        TVector odd10 = odd00, odd11 = odd00, odd20 = odd00, odd21 = odd00, odd30 = odd00, odd31 = odd00;
        do
        {
            TVector a = TLanes.Load(w), b = TLanes.Load(w + width);
            TVector c = TLanes.All(x0[0]);
            even00 = TLanes.MultiplyAdd(a, c, even00);
            even01 = TLanes.MultiplyAdd(b, c, even01);
            c = TLanes.All(x1[0]);
            even10 = TLanes.MultiplyAdd(a, c, even10);
            even11 = TLanes.MultiplyAdd(b, c, even11);
            c = TLanes.All(x2[0]);
            even20 = TLanes.MultiplyAdd(a, c, even20);
            even21 = TLanes.MultiplyAdd(b, c, even21);
            c = TLanes.All(x3[0]);
            even30 = TLanes.MultiplyAdd(a, c, even30);
            even31 = TLanes.MultiplyAdd(b, c, even31);
            a = TLanes.Load(w + 2 * width);
            b = TLanes.Load(w + 3 * width);
            c = TLanes.All(x0[1]);
            odd00 = TLanes.MultiplyAdd(a, c, odd00);
            odd01 = TLanes.MultiplyAdd(b, c, odd01);
            c = TLanes.All(x1[1]);
            odd10 = TLanes.MultiplyAdd(a, c, odd10);
            odd11 = TLanes.MultiplyAdd(b, c, odd11);
            c = TLanes.All(x2[1]);
            odd20 = TLanes.MultiplyAdd(a, c, odd20);
            odd21 = TLanes.MultiplyAdd(b, c, odd21);
            c = TLanes.All(x3[1]);
            odd30 = TLanes.MultiplyAdd(a, c, odd30);
            odd31 = TLanes.MultiplyAdd(b, c, odd31);
            w += 4 * width;
            x0 += 2;
            x1 += 2;
            x2 += 2;
            x3 += 2;
        }
        while (x0 < end);
        y += vector * width;
        TLanes.Store(TLanes.Add(even00, odd00), y);
        TLanes.Store(TLanes.Add(even01, odd01), y + width);
        TLanes.Store(TLanes.Add(even10, odd10), y + stride);
        TLanes.Store(TLanes.Add(even11, odd11), y + stride + width);
        TLanes.Store(TLanes.Add(even20, odd20), y + 2 * stride);
        TLanes.Store(TLanes.Add(even21, odd21), y + 2 * stride + width);
        TLanes.Store(TLanes.Add(even30, odd30), y + 3 * stride);
        TLanes.Store(TLanes.Add(even31, odd31), y + 3 * stride + width);
    }

    private static void OneByFour(
        PackedMatrix matrix, int vector, float* x0, float* x1, float* x2, float* x3, float* y, int stride)
    {
        int width = TLanes.Width, step = matrix.StepAt(vector);
        float* w = matrix.Block(vector), end = x0 + matrix.Columns;
        TVector even0 = TLanes.Load(matrix.Biases + vector * width), even1 = even0, even2 = even0, even3 = even0;
        TVector odd0 = TLanes.All(0), odd1 = odd0, odd2 = odd0, odd3 = odd0;
        do
        {
            TVector a = TLanes.Load(w);
            even0 = TLanes.MultiplyAdd(a, TLanes.All(x0[0]), even0);
            even1 = TLanes.MultiplyAdd(a, TLanes.All(x1[0]), even1);
            even2 = TLanes.MultiplyAdd(a, TLanes.All(x2[0]), even2);
            even3 = TLanes.MultiplyAdd(a, TLanes.All(x3[0]), even3);
            a = TLanes.Load(w + step);
            odd0 = TLanes.MultiplyAdd(a, TLanes.All(x0[1]), odd0);
            odd1 = TLanes.MultiplyAdd(a, TLanes.All(x1[1]), odd1);
            odd2 = TLanes.MultiplyAdd(a, TLanes.All(x2[1]), odd2);
            odd3 = TLanes.MultiplyAdd(a, TLanes.All(x3[1]), odd3);
            w += 2 * step;
            x0 += 2;
            x1 += 2;
            x2 += 2;
            x3 += 2;
        }
        while (x0 < end);
        y += vector * width;
        TLanes.Store(TLanes.Add(even0, odd0), y);
        TLanes.Store(TLanes.Add(even1, odd1), y + stride);
        TLanes.Store(TLanes.Add(even2, odd2), y + 2 * stride);
        TLanes.Store(TLanes.Add(even3, odd3), y + 3 * stride);
    }
}
