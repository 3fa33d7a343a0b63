using System.Runtime.CompilerServices;
using Realtime.Cells.Vectors;

namespace Realtime.Training.Learning;

/// <summary>
/// Products of matrices in row order whose rows are padded to whole vectors. Every element of a result is one chain of
/// fused multiply-adds in the order of the inner index, whatever the width of the vectors and the tiles: its bits
/// depend on nothing but the operands.
/// </summary>
internal static unsafe class Products<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    // So many rows of B, for the sizes of layers in use, stay in the nearest cache while the rows of A go by.
    private const int Block = 128;

    /// <summary>C = start + A B, for A [m, k], B [k, n], C [m, n].</summary>
    /// <param name="m">Rows of A and C.</param>
    /// <param name="n">Columns of B and C, a multiple of 16.</param>
    /// <param name="k">Columns of A, rows of B.</param>
    /// <param name="a">Element (i, p) lies at i · aRow + p · aColumn, so that A may be a transposed matrix.</param>
    /// <param name="aRow">Floats from row to row of A.</param>
    /// <param name="aColumn">Floats from column to column of A.</param>
    /// <param name="b">On a vector's boundary, as C.</param>
    /// <param name="ldb">Floats from row to row of B, a multiple of 16.</param>
    /// <param name="c">The result.</param>
    /// <param name="ldc">Floats from row to row of C, a multiple of 16.</param>
    /// <param name="start">C itself, to add to it; a row [n] that every row of C starts from; or null for 0.</param>
    public static void Multiply(
        int m, int n, int k, float* a, int aRow, int aColumn, float* b, int ldb, float* c, int ldc, float* start)
    {
        var startRow = start == c ? ldc : 0;
        for (var p = 0; p < k; p += Block)
        {
            var depth = Math.Min(Block, k - p);
            MultiplyBlock(m, n, new(depth, a + (nint)p * aColumn, aRow, aColumn, b + (nint)p * ldb, ldb, c, ldc,
                p == 0 ? start : c, p == 0 ? startRow : ldc));
        }
    }

    /// <summary>C [n] += the sum of the rows of A [m, n].</summary>
    public static void AddRows(int m, int n, float* a, int lda, float* c)
    {
        for (var j = 0; j < n; j += TLanes.Width)
        {
            var sum = TLanes.Load(c + j);
            for (var row = a + j; row < a + (nint)m * lda; row += lda)
            {
                sum = TLanes.Add(sum, TLanes.Load(row));
            }
            TLanes.Store(sum, c + j);
        }
    }

    private readonly struct Tile(int k, float* a, int aRow, int aColumn, float* b, int ldb, float* c, int ldc,
        float* start, int startRow)
    {
        public readonly int K = k, ARow = aRow, AColumn = aColumn, Ldb = ldb, Ldc = ldc, StartRow = startRow;
        public readonly float* A = a, B = b, C = c, Start = start;

        public Tile At(int i, int j) => new(K, A + (nint)i * ARow, ARow, AColumn, B + j, Ldb, C + (nint)i * Ldc + j,
            Ldc, Start == null ? null : Start + (nint)i * StartRow + j, StartRow);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TVector First(int row, int column) =>
            Start == null ? TLanes.All(0) : TLanes.Load(Start + (nint)row * StartRow + column);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Put(int row, int column, TVector value) => TLanes.Store(value, C + (nint)row * Ldc + column);
    }

    private static void MultiplyBlock(int m, int n, in Tile all)
    {
        var w = TLanes.Width;
        var i = 0;
        for (; i + 4 <= m; i += 4)
        {
            var j = 0;
            for (; j + 3 * w <= n; j += 3 * w)
            {
                FourByThree(all.At(i, j));
            }
            if (j + 2 * w <= n)
            {
                FourByTwo(all.At(i, j));
                j += 2 * w;
            }
            if (j < n)
            {
                FourByOne(all.At(i, j));
            }
        }
        for (; i < m; i++)
        {
            for (var j = 0; j < n; j += w)
            {
                OneByOne(all.At(i, j));
            }
        }
    }

    private static void FourByThree(in Tile tile)
    {
        int w = TLanes.Width, aColumn = tile.AColumn, ldb = tile.Ldb;
        TVector c00 = tile.First(0, 0), c01 = tile.First(0, w), c02 = tile.First(0, 2 * w);
        TVector c10 = tile.First(1, 0), c11 = tile.First(1, w), c12 = tile.First(1, 2 * w);
        TVector c20 = tile.First(2, 0), c21 = tile.First(2, w), c22 = tile.First(2, 2 * w);
        TVector c30 = tile.First(3, 0), c31 = tile.First(3, w), c32 = tile.First(3, 2 * w);
        float* a0 = tile.A, a1 = a0 + tile.ARow, a2 = a1 + tile.ARow, a3 = a2 + tile.ARow, b = tile.B;
        for (var p = tile.K; p > 0; p--)
        {
            TVector b0 = TLanes.Load(b), b1 = TLanes.Load(b + w), b2 = TLanes.Load(b + 2 * w);
            var value = TLanes.All(*a0);
            c00 = TLanes.MultiplyAdd(value, b0, c00);
            c01 = TLanes.MultiplyAdd(value, b1, c01);
            c02 = TLanes.MultiplyAdd(value, b2, c02);
            value = TLanes.All(*a1);
            c10 = TLanes.MultiplyAdd(value, b0, c10);
            c11 = TLanes.MultiplyAdd(value, b1, c11);
            c12 = TLanes.MultiplyAdd(value, b2, c12);
            value = TLanes.All(*a2);
            c20 = TLanes.MultiplyAdd(value, b0, c20);
            c21 = TLanes.MultiplyAdd(value, b1, c21);
            c22 = TLanes.MultiplyAdd(value, b2, c22);
            value = TLanes.All(*a3);
            c30 = TLanes.MultiplyAdd(value, b0, c30);
            c31 = TLanes.MultiplyAdd(value, b1, c31);
            c32 = TLanes.MultiplyAdd(value, b2, c32);
            a0 += aColumn;
            a1 += aColumn;
            a2 += aColumn;
            a3 += aColumn;
            b += ldb;
        }
        PutRow(tile, 0, c00, c01, c02);
        PutRow(tile, 1, c10, c11, c12);
        PutRow(tile, 2, c20, c21, c22);
        PutRow(tile, 3, c30, c31, c32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutRow(in Tile tile, int row, TVector c0, TVector c1, TVector c2)
    {
        tile.Put(row, 0, c0);
        tile.Put(row, TLanes.Width, c1);
        tile.Put(row, 2 * TLanes.Width, c2);
    }

    private static void FourByTwo(in Tile tile)
    {
        int w = TLanes.Width, aColumn = tile.AColumn, ldb = tile.Ldb;
        TVector c00 = tile.First(0, 0), c01 = tile.First(0, w), c10 = tile.First(1, 0), c11 = tile.First(1, w);
        TVector c20 = tile.First(2, 0), c21 = tile.First(2, w), c30 = tile.First(3, 0), c31 = tile.First(3, w);
        float* a0 = tile.A, a1 = a0 + tile.ARow, a2 = a1 + tile.ARow, a3 = a2 + tile.ARow, b = tile.B;
        for (var p = tile.K; p > 0; p--)
        {
            TVector b0 = TLanes.Load(b), b1 = TLanes.Load(b + w);
            c00 = TLanes.MultiplyAdd(TLanes.All(*a0), b0, c00);
            c01 = TLanes.MultiplyAdd(TLanes.All(*a0), b1, c01);
            c10 = TLanes.MultiplyAdd(TLanes.All(*a1), b0, c10);
            c11 = TLanes.MultiplyAdd(TLanes.All(*a1), b1, c11);
            c20 = TLanes.MultiplyAdd(TLanes.All(*a2), b0, c20);
            c21 = TLanes.MultiplyAdd(TLanes.All(*a2), b1, c21);
            c30 = TLanes.MultiplyAdd(TLanes.All(*a3), b0, c30);
            c31 = TLanes.MultiplyAdd(TLanes.All(*a3), b1, c31);
            a0 += aColumn;
            a1 += aColumn;
            a2 += aColumn;
            a3 += aColumn;
            b += ldb;
        }
        tile.Put(0, 0, c00);
        tile.Put(0, w, c01);
        tile.Put(1, 0, c10);
        tile.Put(1, w, c11);
        tile.Put(2, 0, c20);
        tile.Put(2, w, c21);
        tile.Put(3, 0, c30);
        tile.Put(3, w, c31);
    }

    private static void FourByOne(in Tile tile)
    {
        int aColumn = tile.AColumn, ldb = tile.Ldb;
        TVector c0 = tile.First(0, 0), c1 = tile.First(1, 0), c2 = tile.First(2, 0), c3 = tile.First(3, 0);
        float* a0 = tile.A, a1 = a0 + tile.ARow, a2 = a1 + tile.ARow, a3 = a2 + tile.ARow, b = tile.B;
        for (var p = tile.K; p > 0; p--)
        {
            var value = TLanes.Load(b);
            c0 = TLanes.MultiplyAdd(TLanes.All(*a0), value, c0);
            c1 = TLanes.MultiplyAdd(TLanes.All(*a1), value, c1);
            c2 = TLanes.MultiplyAdd(TLanes.All(*a2), value, c2);
            c3 = TLanes.MultiplyAdd(TLanes.All(*a3), value, c3);
            a0 += aColumn;
            a1 += aColumn;
            a2 += aColumn;
            a3 += aColumn;
            b += ldb;
        }
        tile.Put(0, 0, c0);
        tile.Put(1, 0, c1);
        tile.Put(2, 0, c2);
        tile.Put(3, 0, c3);
    }

    private static void OneByOne(in Tile tile)
    {
        var c = tile.First(0, 0);
        float* a = tile.A, b = tile.B;
        for (var p = tile.K; p > 0; p--)
        {
            c = TLanes.MultiplyAdd(TLanes.All(*a), TLanes.Load(b), c);
            a += tile.AColumn;
            b += tile.Ldb;
        }
        tile.Put(0, 0, c);
    }
}
