// Steps a wave of streams through a whole model in one launch. OpenCL C 1.2, and PTX by clang (see script/gpu-ptx).
//
// A work group takes a tile of STREAMS * get_local_size(1) streams through the model's plan, a list of ops, with what
// passes between ops in local memory; with WIDE, for layers that do not fit there, in global memory. Work item (u, g)
// computes the units u, u + get_local_size(0), ... of the STREAMS streams from g * STREAMS on.
//
// Every sum is one chain of fused multiply-adds from the bias on, inputs ascending, then hidden units ascending. So a
// stream's bits depend neither on the wave around it nor on the sizes of groups and tiles, nor on STREAMS.

#ifndef STREAMS
#define STREAMS 8
#endif

#ifdef __NVPTX__
typedef float float4 __attribute__((ext_vector_type(4)));
typedef unsigned int uint;
typedef unsigned long ulong;
typedef unsigned long size_t;
#define restrict __restrict
#define UNIT ((int)__nvvm_read_ptx_sreg_tid_x())
#define UNITS ((int)__nvvm_read_ptx_sreg_ntid_x())
#define PART ((int)__nvvm_read_ptx_sreg_tid_y())
#define PARTS ((int)__nvvm_read_ptx_sreg_ntid_y())
#define GROUP ((int)__nvvm_read_ptx_sreg_ctaid_x())
#define BARRIER() __syncthreads()
#define FMA(a, b, c) __builtin_fmaf(a, b, c)
#define POWER_OF_TWO(x) __nvvm_ex2_approx_ftz_f(x)
#define RECIPROCAL(x) __nvvm_rcp_approx_ftz_f(x)
#define AS_FLOAT(x) __builtin_astype(x, float)
#define AS_INT(x) __builtin_astype(x, int)
#ifndef WIDE
// How much there is of it is said at the launch.
__asm__(".extern .shared .align 16 .b8 shared_tile[];");
#endif
#else
#pragma OPENCL FP_CONTRACT OFF
#define UNIT ((int)get_local_id(0))
#define UNITS ((int)get_local_size(0))
#define PART ((int)get_local_id(1))
#define PARTS ((int)get_local_size(1))
#define GROUP ((int)get_group_id(0))
#ifdef WIDE
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#else
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE)
#endif
#define FMA(a, b, c) fma(a, b, c)
#define POWER_OF_TWO(x) power_of_two(x)
#define RECIPROCAL(x) (1.0f / (x))
#define AS_FLOAT(x) as_float(x)
#define AS_INT(x) as_int(x)
#endif

#ifdef WIDE
#define TILE __global
#else
#define TILE __local
#endif

// Unrolled, so that sums stay in registers. Processors have few, and are three times as long at compiling it.
#ifdef ROLLED
#define UNROLLED
#else
#define UNROLLED _Pragma("unroll")
#endif
// With few streams a turn is short, and the weights of some are on their way together.
#if defined(ROLLED) || STREAMS > 2
#define AHEAD
#else
#define AHEAD _Pragma("unroll 4")
#endif
#define EACH_STREAM UNROLLED for (int s = 0; s < STREAMS; s++)
#define EACH_GATE(gates) UNROLLED for (int g = 0; g < gates; g++)

// Reads of states that are under way at once.
#define AT_ONCE 4
#define EACH_AT_ONCE UNROLLED for (int b = 0; b < AT_ONCE; b++)

// Of a group, in one row.
#define ITEM (PART * UNITS + UNIT)
#define ITEMS (PARTS * UNITS)

// The tile: for each part, quad by quad, a float4 of each of its streams, and one that is left free, so that
// neighbouring quads lie in other banks of the memory, and a stream at a distance that the compiler knows.
#define PITCH (STREAMS + 1)
#define QUAD(part, quad, s) (((part) * quads + (quad)) * PITCH + (s))
#define IN_PART(f, s) (((f) >> 2) * (4 * PITCH) + (s) * 4 + ((f) & 3))

// Float f of a stream of the group, and of one of this item's own.
#define OF(s, f) tile[QUAD((s) / STREAMS, 0, 0) * 4 + IN_PART(f, (s) % STREAMS)]
#define MY(s, f) my[IN_PART(f, s)]

// Within a kernel, the state of a group's stream.
#define STATE_OF(s) ((__global float*)(size_t)states[s])

// A layer's states begin and end at whole float4s; rows do anyhow.
#define IN_QUADS(state, count) ((((state) | (count)) & 3) == 0)

#define INLINE static inline __attribute__((always_inline))

// Ops, and the ints that describe one; GpuEngine's StepPlan writes them.
enum { INPUT, EMBED, LOAD, STORE, DENSE, RNN, GRU, RESET, GRU_BEFORE, LSTM, SOFTMAX };
enum { LINEAR, SIGMOID, TANH, RELU };

#define HEADER 8
#define OP_INTS 16
#define KIND 0         // an op
#define COUNT 1        // units, or floats to copy
#define X 2            // first float of the input in a stream's part of the tile
#define X_QUADS 3      // float4s of it; what is over the inputs is zero
#define H 4            // the same of the hidden state
#define H_QUADS 5
#define Y 6            // first float of the result in the tile; -1: the model's outputs
#define C 7            // first float of c in the tile, -1: none; of r * h for RESET and GRU_BEFORE
#define X_WEIGHTS 8    // first float4 of the weights of the input
#define H_WEIGHTS 9    // of the hidden state
#define N_WEIGHTS 10   // of r * h
#define BIASES 11      // first float of the biases, [gate][unit]
#define ACTIVATION 12
#define STATE 13       // first float in a row of states

// Finite values beyond it become it; NaN stays NaN.
#define LIMIT 1e30f

INLINE float limited(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

// 2^x for |x| <= 30, off by 1e-7 of itself.
INLINE float power_of_two(float x)
{
#ifdef __NVPTX__
    return POWER_OF_TWO(x);
#else
    float n = rint(x), r = x - n;
    float p = FMA(r, 0.00132645911f, 0.00967161916f);
    p = FMA(p, r, 0.0555073507f);
    p = FMA(p, r, 0.240222409f);
    p = FMA(p, r, 0.693147004f);
    p = FMA(p, r, 1.0f);
    return p * as_float(((int)n + 127) << 23);
#endif
}

// The hardware's power of two is 0 or infinite where ours would be wrong, and the reciprocal of that is right.
INLINE float in_range(float x)
{
#ifdef __NVPTX__
    return x;
#else
    return limited(x, -30.0f, 30.0f);
#endif
}

INLINE float sigmoid(float x)
{
    return RECIPROCAL(1.0f + power_of_two(in_range(x * -1.44269504f)));
}

INLINE float hyperbolic_tangent(float x)
{
    return FMA(-2.0f, RECIPROCAL(1.0f + power_of_two(in_range(x * 2.88539008f))), 1.0f);
}

INLINE float activate(int activation, float x)
{
    switch (activation)
    {
        case SIGMOID: return sigmoid(x);
        case TANH: return hyperbolic_tangent(x);
        case RELU: return limited(x, 0.0f, LIMIT);
        default: return limited(x, -LIMIT, LIMIT);
    }
}

#define SLABS \
    __global float* s0, __global float* s1, __global float* s2, __global float* s3, \
    __global float* s4, __global float* s5, __global float* s6, __global float* s7, \
    __global float* s8, __global float* s9, __global float* s10, __global float* s11, \
    __global float* s12, __global float* s13, __global float* s14, __global float* s15

// A row's state: the slab is in the highest four bits of its code.
#define ROW(code, stride) (slab_of((uint)(code) >> 28, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, \
    s14, s15) + (size_t)((uint)(code) & 0x0FFFFFFFu) * (size_t)(stride))

INLINE __global float* slab_of(uint slab, SLABS)
{
    switch (slab)
    {
        case 1: return s1;
        case 2: return s2;
        case 3: return s3;
        case 4: return s4;
        case 5: return s5;
        case 6: return s6;
        case 7: return s7;
        case 8: return s8;
        case 9: return s9;
        case 10: return s10;
        case 11: return s11;
        case 12: return s12;
        case 13: return s13;
        case 14: return s14;
        case 15: return s15;
        default: return s0;
    }
}

// Weights lie as [quad][block of units][gate][unit of the block]: what is read in one turn is at distances that the
// compiler knows.
#define BLOCK 32
#define WEIGHTS_OF(unit, gates) ((unit) / BLOCK * (gates) * BLOCK + (unit) % BLOCK)
#define TURN(units, gates) (((units) + BLOCK - 1) / BLOCK * (gates) * BLOCK)

// Adds to GATES sums of STREAMS streams what one vector of each stream gives, four terms at a time.
#define ADD_TERMS(GATES) \
INLINE void add_terms_##GATES(float sums[GATES][STREAMS], __global const float4* restrict weights, int units, \
    int unit, const TILE float4* x, int quads) \
{ \
    weights += WEIGHTS_OF(unit, GATES); \
    AHEAD for (int k = 0; k < quads; k++, weights += TURN(units, GATES)) \
    { \
        float4 w[GATES]; \
        EACH_GATE(GATES) w[g] = weights[g * BLOCK]; \
        EACH_STREAM \
        { \
            const float4 v = x[k * PITCH + s]; \
            EACH_GATE(GATES) \
            { \
                float sum = FMA(w[g].x, v.x, sums[g][s]); \
                sum = FMA(w[g].y, v.y, sum); \
                sum = FMA(w[g].z, v.z, sum); \
                sums[g][s] = FMA(w[g].w, v.w, sum); \
            } \
        } \
    } \
}

ADD_TERMS(1)
ADD_TERMS(2)
ADD_TERMS(3)
ADD_TERMS(4)

// The sum of one gate, unit and stream, its terms in the same order.
INLINE float one_sum(float bias, __global const float4* restrict weights, int units, int unit, const TILE float4* x,
    int quads)
{
    float sum = bias;
    weights += WEIGHTS_OF(unit, 1);
    for (int k = 0; k < quads; k++, weights += TURN(units, 1))
    {
        const float4 w = *weights, v = x[k * PITCH];
        sum = FMA(w.x, v.x, sum);
        sum = FMA(w.y, v.y, sum);
        sum = FMA(w.z, v.z, sum);
        sum = FMA(w.w, v.w, sum);
    }
    return sum;
}

#define START(sums, gate, bias) EACH_STREAM sums[gate][s] = bias;

// wave: n, three unused, the rows' codes [n], the inputs [n, width]. outputs: [n, height].
__kernel void step_wave(__global const int* restrict wave, __global float* restrict outputs,
    __global const int* restrict plan, __global const float4* restrict weights, __global const float* restrict biases,
    SLABS
#ifdef WIDE
    , __global float4* scratch
#elif !defined(__NVPTX__)
    , __local float4* scratch
#endif
    )
{
#if defined(__NVPTX__) && !defined(WIDE)
    size_t shared_start;
    __asm__("mov.u64 %0, shared_tile;" : "=l"(shared_start));
    TILE float4* scratch = (TILE float4*)shared_start;
#endif
    const int streams = PARTS * STREAMS, first = GROUP * streams, n = wave[0];
    if (first >= n) return;
    const int live = n - first < streams ? n - first : streams;
    const int quads = plan[1] / 4, width = plan[2], height = plan[3], row_stride = plan[4];
#ifdef WIDE
    scratch += (size_t)GROUP * (size_t)(PARTS * quads * PITCH + streams / 2);
#endif
    // Where each stream's state is: found once, read wherever one is loaded or stored.
    TILE ulong* states = (TILE ulong*)scratch;
    scratch += streams / 2;
    TILE float* tile = (TILE float*)scratch;
    const TILE float4* mine = scratch + QUAD(PART, 0, 0);
    TILE float* my = (TILE float*)(scratch + QUAD(PART, 0, 0));
    __global const int* rows = wave + 4 + first;
    __global const int* inputs = wave + 4 + n + (size_t)first * width;
    __global float* results = outputs + (size_t)first * height;
    const int my_live = live - PART * STREAMS;
    // The first op touches no state, and has a barrier behind it.
    for (int s = ITEM; s < live; s += ITEMS) states[s] = (ulong)ROW(rows[s], row_stride);

    for (int i = 0; i < plan[0]; i++)
    {
        __global const int* op = plan + HEADER + i * OP_INTS;
        const int count = op[COUNT], x = op[X], x_quads = op[X_QUADS], h = op[H], h_quads = op[H_QUADS], y = op[Y],
            c = op[C];
        const int padded = (count + 3) & ~3;
        __global const float4* x_weights = weights + op[X_WEIGHTS];
        __global const float4* h_weights = weights + op[H_WEIGHTS];
        __global const float* bias = biases + op[BIASES];
        switch (op[KIND])
        {
            case INPUT:
                for (int t = ITEM; t < streams * padded; t += ITEMS)
                {
                    const int s = t / padded, k = t - s * padded;
                    OF(s, y + k) =
                        s < live && k < count ? AS_FLOAT(inputs[(size_t)s * width + k]) : 0.0f;
                }
                break;

            case EMBED:
                for (int s = PART; s < streams; s += PARTS)
                {
                    const int token = s < live ? (int)AS_FLOAT(inputs[(size_t)s * width]) : 0;
                    __global const float* entry = (__global const float*)(x_weights + (size_t)token * (padded / 4));
                    for (int k = UNIT; k < padded; k += UNITS) OF(s, y + k) = entry[k];
                }
                break;

            case LOAD:
                if (IN_QUADS(op[STATE], count))
                {
                    // Many at once, so that they wait for the memory together.
                    const int in_h = count / 4, each = c >= 0 ? 2 * in_h : in_h;
                    for (int t = ITEM; t < streams * each; t += AT_ONCE * ITEMS)
                    {
                        float4 values[AT_ONCE];
                        EACH_AT_ONCE
                        {
                            const int i = t + b * ITEMS, s = i / each;
                            values[b] = (float4)(0.0f);
                            if (s < live)
                                values[b] = ((__global const float4*)(STATE_OF(s) + op[STATE]))[i - s * each];
                        }
                        EACH_AT_ONCE
                        {
                            const int i = t + b * ITEMS, s = i / each, q = i - s * each;
                            if (s < streams)
                                scratch[QUAD(s / STREAMS, q < in_h ? h / 4 + q : c / 4 + q - in_h, s % STREAMS)] =
                                    values[b];
                        }
                    }
                    break;
                }
                for (int s = PART; s < streams; s += PARTS)
                {
                    __global const float* state = STATE_OF(s < live ? s : 0) + op[STATE];
                    for (int k = UNIT; k < padded; k += UNITS)
                        OF(s, h + k) = s < live && k < count ? state[k] : 0.0f;
                    if (c >= 0)
                        for (int k = UNIT; k < count; k += UNITS)
                            OF(s, c + k) = s < live ? state[count + k] : 0.0f;
                }
                break;

            case STORE:
                if (IN_QUADS(op[STATE], count))
                {
                    const int in_h = count / 4, each = c >= 0 ? 2 * in_h : in_h;
                    for (int t = ITEM; t < live * each; t += ITEMS)
                    {
                        const int s = t / each, q = t - s * each;
                        ((__global float4*)(STATE_OF(s) + op[STATE]))[q] =
                            scratch[QUAD(s / STREAMS, q < in_h ? x / 4 + q : c / 4 + q - in_h, s % STREAMS)];
                    }
                    break;
                }
                for (int s = PART; s < live; s += PARTS)
                {
                    __global float* state = STATE_OF(s) + op[STATE];
#ifdef PLANT_INDEX
                    if (UNIT == 0) state[(size_t)row_stride * 100000] = 0.0f;
#endif
                    for (int k = UNIT; k < count; k += UNITS) state[k] = OF(s, x + k);
                    if (c >= 0)
                        for (int k = UNIT; k < count; k += UNITS) state[count + k] = OF(s, c + k);
                }
                break;

            case DENSE:
                if (y < 0 && count * STREAMS <= UNITS)
                {
                    // Few outputs: a work item for each of each stream, which are more than there are units.
                    for (int t = ITEM; t < streams * count; t += ITEMS)
                    {
                        const int s = t / count, j = t - s * count;
                        const float sum = one_sum(bias[j], x_weights, count, j,
                            scratch + QUAD(s / STREAMS, x / 4, s % STREAMS), x_quads);
                        if (s < live) results[(size_t)s * height + j] = activate(op[ACTIVATION], sum);
                    }
                    break;
                }
            case RNN:
                for (int j = UNIT; j < padded; j += UNITS)
                {
                    const int unit = j < count ? j : 0;
                    float sums[1][STREAMS];
                    START(sums, 0, bias[unit])
                    add_terms_1(sums, x_weights, count, unit, mine + x / 4 * PITCH, x_quads);
                    add_terms_1(sums, h_weights, count, unit, mine + h / 4 * PITCH, h_quads);
                    EACH_STREAM
                    {
                        const float value = activate(op[ACTIVATION], sums[0][s]);
                        if (y >= 0) MY(s, y + j) = j < count ? value : 0.0f;
                        else if (j < count && s < my_live)
                            results[(size_t)(PART * STREAMS + s) * height + j] = value;
                    }
                }
                break;

            case GRU:
                for (int j = UNIT; j < padded; j += UNITS)
                {
                    const int unit = j < count ? j : 0;
                    float sums[3][STREAMS], inner[STREAMS];
                    START(sums, 0, bias[unit])
                    START(sums, 1, bias[count + unit])
                    START(sums, 2, bias[2 * count + unit])
                    add_terms_3(sums, x_weights, count, unit, mine + x / 4 * PITCH, x_quads);
                    EACH_STREAM
                    {
                        inner[s] = sums[2][s];
                        sums[2][s] = bias[3 * count + unit];
                    }
                    add_terms_3(sums, h_weights, count, unit, mine + h / 4 * PITCH, h_quads);
                    EACH_STREAM
                    {
                        const float r = sigmoid(sums[0][s]), z = sigmoid(sums[1][s]);
                        const float new = hyperbolic_tangent(FMA(r, sums[2][s], inner[s]));
                        MY(s, y + j) = j < count ? FMA(z, MY(s, h + j) - new, new) : 0.0f;
                    }
                }
                break;

            case RESET:
                for (int j = UNIT; j < padded; j += UNITS)
                {
                    const int unit = j < count ? j : 0;
                    float sums[1][STREAMS];
                    START(sums, 0, bias[unit])
                    add_terms_1(sums, x_weights, count, unit, mine + x / 4 * PITCH, x_quads);
                    add_terms_1(sums, h_weights, count, unit, mine + h / 4 * PITCH, h_quads);
                    EACH_STREAM
                        MY(s, c + j) = j < count ? sigmoid(sums[0][s]) * MY(s, h + j) : 0.0f;
                }
                break;

            case GRU_BEFORE:
                for (int j = UNIT; j < padded; j += UNITS)
                {
                    const int unit = j < count ? j : 0;
                    float sums[2][STREAMS];
                    START(sums, 0, bias[unit])
                    START(sums, 1, bias[count + unit])
                    add_terms_2(sums, x_weights, count, unit, mine + x / 4 * PITCH, x_quads);
                    add_terms_1(&sums[0], h_weights, count, unit, mine + h / 4 * PITCH, h_quads);
                    add_terms_1(&sums[1], weights + op[N_WEIGHTS], count, unit, mine + c / 4 * PITCH, h_quads);
                    EACH_STREAM
                    {
                        const float z = sigmoid(sums[0][s]), new = hyperbolic_tangent(sums[1][s]);
                        MY(s, y + j) = j < count ? FMA(z, MY(s, h + j) - new, new) : 0.0f;
                    }
                }
                break;

            case LSTM:
                for (int j = UNIT; j < padded; j += UNITS)
                {
                    const int unit = j < count ? j : 0;
                    float sums[4][STREAMS];
                    START(sums, 0, bias[unit])
                    START(sums, 1, bias[count + unit])
                    START(sums, 2, bias[2 * count + unit])
                    START(sums, 3, bias[3 * count + unit])
                    add_terms_4(sums, x_weights, count, unit, mine + x / 4 * PITCH, x_quads);
                    add_terms_4(sums, h_weights, count, unit, mine + h / 4 * PITCH, h_quads);
                    EACH_STREAM
                    {
                        const float in = sigmoid(sums[0][s]), forget = sigmoid(sums[1][s]);
                        const float new = hyperbolic_tangent(sums[2][s]), out = sigmoid(sums[3][s]);
                        const float cell = FMA(forget, j < count ? MY(s, c + j) : 0.0f, in * new);
                        if (j < count) MY(s, c + j) = cell;
                        MY(s, y + j) = j < count ? out * hyperbolic_tangent(cell) : 0.0f;
                    }
                }
                break;

            case SOFTMAX:
                // Its sums lie in the tile; one work item of each stream takes them in order.
                for (int s = PART * UNITS + UNIT; s < live; s += UNITS * PARTS)
                {
                    __global float* p = results + (size_t)s * height;
                    float largest = OF(s, x), total = 0.0f;
                    for (int k = 1; k < count; k++) largest = OF(s, x + k) > largest ? OF(s, x + k) : largest;
                    for (int k = 0; k < count; k++)
                    {
                        const float e = power_of_two(limited((OF(s, x + k) - largest) * 1.44269504f, -126.0f, 0.0f));
                        p[k] = e;
                        total += e;
                    }
                    for (int k = 0; k < count; k++) p[k] = p[k] / total;
                }
                break;
        }

#ifdef PLANT_RACE
        if (i == 0)
#endif
            BARRIER();
    }
}

// Copies of states, row by row: local size (u, p), and p rows to a group. rows: n, three unused, the rows' codes [n],
// and for scatter what to write [n, width].
__kernel void gather(__global const int* restrict rows, __global float* restrict copies, int offset, int width,
    int row_stride, SLABS)
{
    const int i = GROUP * PARTS + PART, n = rows[0];
    if (i >= n) return;
    __global const float* state = ROW(rows[4 + i], row_stride) + offset;
    for (int k = UNIT; k < width; k += UNITS) copies[(size_t)i * width + k] = state[k];
}

__kernel void scatter(__global const int* restrict rows, int offset, int width, int row_stride, SLABS)
{
    const int i = GROUP * PARTS + PART, n = rows[0];
    if (i >= n) return;
    __global float* state = ROW(rows[4 + i], row_stride) + offset;
    __global const int* copies = rows + 4 + n + (size_t)i * width;
    for (int k = UNIT; k < width; k += UNITS) state[k] = AS_FLOAT(copies[k]);
}

// One of the models of an ensemble: mean is y where place is 0, mean + y where it is 1, and (mean + y) * share where it
// is 2. A group takes get_local_size(1) streams.
__kernel void average(__global const int* restrict wave, __global const float* restrict y,
    __global float* restrict mean, int height, int place, int share)
{
    const int i = GROUP * PARTS + PART;
    if (i >= wave[0]) return;
    for (int k = UNIT; k < height; k += UNITS)
    {
        const size_t at = (size_t)i * height + k;
        const float sum = place == 0 ? y[at] : mean[at] + y[at];
        mean[at] = place == 2 ? sum * AS_FLOAT(share) : sum;
    }
}

// Cells' FeedBack writes the links: what follows, then for each input the place of its forecast, for each difference
// its input, its place and its limit, for each number of the time its place.
#define L_INPUTS 0
#define L_DIFFERENCES 1
#define L_TIMES 2
#define L_COPIES 3         // rows that share their times
#define L_ARE_DIFFERENCES 4
#define L_INPUT_LIMIT 5
#define L_FORECAST_LIMIT 6
#define L_WIDTH 7          // inputs of the network
#define L_HEIGHT 8         // its outputs
#define L_NUMBERS 9        // kept of a row: u of each input, the scale of its differences; the scale of each difference
#define L_HEADER 12

INLINE float within(float x, float limit)
{
    return limited(x, -limit, limit);
}

// After a step: forecasts become the next inputs, in the wave; a work item for each row. numbers: [n, L_NUMBERS];
// known: [n / L_COPIES, steps, L_TIMES]; points: [n, steps, L_INPUTS].
__kernel void feed_back(__global int* restrict wave, __global const float* restrict outputs,
    __global const int* restrict links, __global float* restrict numbers, __global const float* restrict known,
    __global float* restrict points, int step, int steps)
{
    const int i = (GROUP * PARTS + PART) * UNITS + UNIT, n = wave[0];
    if (i >= n) return;
    const int inputs = links[L_INPUTS], differences = links[L_DIFFERENCES], times = links[L_TIMES];
    __global const int* places = links + L_HEADER;
    __global const int* difference = places + inputs;
    __global const int* of_times = difference + 3 * differences;
    __global const float* y = outputs + (size_t)i * links[L_HEIGHT];
    __global int* x = wave + 4 + n + (size_t)i * links[L_WIDTH];
    __global float* u = numbers + (size_t)i * links[L_NUMBERS];
    __global float* point = points + ((size_t)i * steps + step) * inputs;
    const int are_differences = links[L_ARE_DIFFERENCES];
    const float limit = AS_FLOAT(links[L_FORECAST_LIMIT]);

    for (int k = 0; k < differences; k++)
    {
        const int input = difference[3 * k];
        const float forecast = within(y[places[input]], limit);
        const float change = (are_differences ? forecast : forecast - u[input]) * u[2 * inputs + k];
        x[difference[3 * k + 1]] = AS_INT(within(change, AS_FLOAT(difference[3 * k + 2])));
    }
    for (int k = 0; k < inputs; k++)
    {
        const float forecast = within(y[places[k]], limit);
        const float next = are_differences ? FMA(forecast, u[inputs + k], u[k]) : forecast;
        u[k] = next;
        point[k] = forecast;
        x[k] = AS_INT(within(next, AS_FLOAT(links[L_INPUT_LIMIT])));
    }
    __global const float* ahead = known + ((size_t)(i / links[L_COPIES]) * steps + step) * times;
    for (int k = 0; k < times; k++) x[of_times[k]] = AS_INT(ahead[k]);
}
