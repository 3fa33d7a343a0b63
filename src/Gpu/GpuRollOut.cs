using Realtime.Cells;
using Realtime.Cells.RollOuts;

namespace Realtime.Gpu;

/// <summary>
/// A roll-out that stays on the device: states are copied there into rows of its own, steps and what feeds them follow
/// each other without the host, and forecasts come down once. Waves of up to 4,096 rows are recorded where the device
/// has recordings.
/// </summary>
internal sealed unsafe class GpuRollOut : IRollOut
{
    private const int Units = 32;
    private const int Parts = 4;
    private const int MostRecorded = 4096;
    private const int LeastRecorded = 64;
    private const int MostRecordings = 16;

    // Arguments of the kernel that feeds back.
    private const int Links = 2;
    private const int Step = 6;
    private const int Steps = 7;

    private readonly IReadOnlyList<GpuEngine> _from;
    private readonly GpuQueue _queue;
    private readonly ResidentWave _resident;
    private readonly Source[] _sources;
    private readonly GpuKernel _feedBack;
    private readonly Staging _links;
    private readonly Staging _numbers;
    private readonly Staging _known;
    private readonly Staging _points;
    private readonly Dictionary<(int Room, int Steps), GpuRecording> _recordings = [];
    private readonly int _copies;
    private readonly int _mostRows;
    private int[] _spread = [];
    private bool _records = true;
    private bool _disposed;

    /// <param name="feedBack">How forecasts are fed back, of every member alike.</param>
    /// <param name="context">The device.</param>
    /// <param name="from">Whose states it begins with.</param>
    /// <param name="models">What goes on from each.</param>
    /// <exception cref="GpuException">The device or its driver refused.</exception>
    public GpuRollOut(
        FeedBack feedBack, GpuContext context, IReadOnlyList<GpuEngine> from, IReadOnlyList<Model> models)
    {
        (FeedBack, _from, _copies) = (feedBack, from, feedBack.Model.Copies);
        _queue = context.NewQueue();
        _resident = new ResidentWave([.. models.Select(model => model.One)], context, _queue);
        _sources = [.. models.Select((_, i) => new Source(_queue, _resident.RowStride(i), context.LargestAllocation))];
        _mostRows = Math.Min(_resident.LargestLaunch, _sources.Min(source => source.Most));
        _feedBack = _queue.Kernel(KernelVariant.Many, "feed_back");
        (_links, _numbers, _known, _points) = (new(_queue), new(_queue), new(_queue), new(_queue));
        int[] links = feedBack.Links;
        _links.Fit(links.Length * sizeof(int));
        links.CopyTo(new Span<int>(_links.Host, links.Length));
        _links.Upload(links.Length * sizeof(int));
        _queue.Finish();
        _feedBack.Set(Links, _links.Device);
    }

    public FeedBack FeedBack { get; }

    public void Run(ReadOnlySpan<int> rows, in RollOutStart start, Span<float> points)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RollOutChecks.Check(FeedBack, rows, _from[0].Rows, in start, points);
        if (rows.IsEmpty) return;
        for (int i = 0; i < _sources.Length; i++) _sources[i].Use(_from[i].Settled());
        int known = start.Steps * FeedBack.Known, width = FeedBack.Model.NetworkInputCount;
        int results = start.Steps * FeedBack.Points, numbers = _copies * FeedBack.Numbers;
        for (int at = 0, most = Math.Max(1, _mostRows / _copies); at < rows.Length; at += most)
        {
            int n = Math.Min(most, rows.Length - at);
            var part = new RollOutStart(start.Steps, start.Inputs.Slice(at * width, n * width),
                start.Numbers.Slice(at * numbers, n * numbers), start.Known.Slice(at * known, n * known));
            RunPart(Spread(rows.Slice(at, n)), in part, points.Slice(at * results, n * results));
        }
    }

    /// <summary>Takes the states of the last wave again, rolls them out and waits, nothing going up or down; for
    /// measuring.</summary>
    internal void Repeat(int rows, int steps)
    {
        foreach (Source source in _sources) source.Gather(rows);
        for (int step = 0; step < steps; step++) Turn(rows, step, steps);
        _queue.Finish();
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        Forget();
        _feedBack.Dispose();
        _resident.Dispose();
        foreach (Source source in _sources) source.Dispose();
        foreach (Staging staging in (ReadOnlySpan<Staging>)[_links, _numbers, _known, _points]) staging.Dispose();
        _queue.Dispose();
    }

    private void RunPart(ReadOnlySpan<int> rows, in RollOutStart start, Span<float> points)
    {
        int n = rows.Length, room = Room(n);
        Fit(room, start.Steps);
        Span<int> codes = _resident.Fill(n, start.Inputs);
        for (int i = 0; i < n; i++) codes[i] = i;
        start.Numbers.CopyTo(new Span<float>(_numbers.Host, start.Numbers.Length));
        start.Known.CopyTo(new Span<float>(_known.Host, start.Known.Length));
        foreach (Source source in _sources) source.Fill(rows);
        if (room == n && n > MostRecorded || !Start(room, start.Steps)) Commands(room, start.Steps);
        _queue.Finish();
        new ReadOnlySpan<float>(_points.Host, points.Length).CopyTo(points);
    }

    // All that the device does, for at most so many rows.
    private void Commands(int room, int steps)
    {
        _resident.Upload(room);
        _numbers.Upload((long)room * FeedBack.Numbers * sizeof(float));
        if (FeedBack.Known > 0) _known.Upload(KnownBytes(room, steps));
        foreach (Source source in _sources)
        {
            source.Upload(room);
            source.Gather(room);
        }

        for (int step = 0; step < steps; step++) Turn(room, step, steps);
        _points.Download(PointBytes(room, steps));
    }

    private void Turn(int room, int step, int steps)
    {
        _resident.Launch(room);
        _feedBack.Set(Step, step);
        _feedBack.Set(Steps, steps);
        _queue.Launch(_feedBack, (room + Units * Parts - 1) / (Units * Parts), Units, Parts);
    }

    private int Room(int rows)
    {
        if (!_records || rows > MostRecorded) return rows;
        int room = LeastRecorded;
        while (room < rows) room *= 4;
        return room;
    }

    // False where there are no recordings.
    private bool Start(int room, int steps)
    {
        if (!_records) return false;
        if (!_recordings.TryGetValue((room, steps), out GpuRecording? recording))
        {
            if (_recordings.Count == MostRecordings) Forget();
            recording = _queue.Record(() => Commands(room, steps));
            _records = recording is not null;
            if (recording is null) return false;
            _recordings.Add((room, steps), recording);
        }

        recording.Start();
        return true;
    }

    private void Forget()
    {
        foreach (GpuRecording recording in _recordings.Values) recording.Dispose();
        _recordings.Clear();
    }

    private void Fit(int room, int steps)
    {
        bool isNew = _resident.Fit(room);
        isNew |= _numbers.Fit((long)room * FeedBack.Numbers * sizeof(float));
        isNew |= _known.Fit(KnownBytes(room, steps));
        isNew |= _points.Fit(PointBytes(room, steps));
        for (int i = 0; i < _sources.Length; i++)
        {
            if (!_sources[i].Fit(room)) continue;
            _resident.Use(i, _sources[i].States);
            isNew = true;
        }

        if (!isNew && !_sources.Any(source => source.IsNew)) return;
        Forget();
        foreach (Source source in _sources) source.IsNew = false;
        _feedBack.Set(0, _resident.Wave);
        _feedBack.Set(1, _resident.Outputs);
        _feedBack.Set(3, _numbers.Device);
        _feedBack.Set(4, _known.Device);
        _feedBack.Set(5, _points.Device);
    }

    private long KnownBytes(int room, int steps) =>
        (long)(room + _copies - 1) / _copies * steps * FeedBack.Known * sizeof(float);

    private long PointBytes(int room, int steps) => (long)room * steps * FeedBack.Points / _copies * sizeof(float);

    // The device's rows of rows; they are held until the next call.
    private ReadOnlySpan<int> Spread(ReadOnlySpan<int> rows)
    {
        if (_copies == 1) return rows;
        int count = rows.Length * _copies;
        if (_spread.Length < count) _spread = new int[count];
        for (int i = 0; i < count; i++) _spread[i] = rows[i / _copies] * _copies + i % _copies;
        return _spread.AsSpan(0, count);
    }

    // Where the states of a model come from, and its rows here.
    private sealed class Source : IDisposable
    {
        private readonly int _stride;
        private readonly long _largestBytes;
        private readonly GpuQueue _queue;
        private readonly GpuKernel _gather;
        private readonly Staging _codes;
        private StateSlabs _from;
        private readonly List<GpuBuffer> _used = [];

        public Source(GpuQueue queue, int stride, long largestBytes)
        {
            (_queue, _stride, _largestBytes) = (queue, stride, largestBytes);
            States = _from = new StateSlabs(stride, largestBytes);
            _gather = queue.Kernel(KernelVariant.Many, "gather");
            _gather.Set(2, 0);
            _gather.Set(3, stride);
            _gather.Set(4, stride);
            _codes = new Staging(queue);
        }

        /// <summary>One slab, so that a row's code is its number.</summary>
        public StateSlabs States { get; private set; }

        /// <summary>Its arguments are others than before.</summary>
        public bool IsNew { get; set; }

        /// <summary>The most rows that fit into it.</summary>
        public int Most => (int)Math.Min(_largestBytes / (_stride * sizeof(float)), 1 << 27);

        public void Use(StateSlabs from)
        {
            _from = from;
            if (_used.SequenceEqual(from.Buffers)) return;
            _used.Clear();
            _used.AddRange(from.Buffers);
            RowCopies.SetSlabs(_gather, 5, from);
            IsNew = true;
        }

        public bool Fit(int rows)
        {
            if (_codes.Fit((StepKernels.WaveHeader + (long)rows) * sizeof(int)))
            {
                _gather.Set(0, _codes.Device);
                IsNew = true;
            }

            if (rows <= States.Capacity) return false;
            States.Dispose();
            States.Grow(_queue, rows);
            _gather.Set(1, States.Buffers[0]);
            return true;
        }

        public void Fill(ReadOnlySpan<int> rows)
        {
            int* codes = (int*)_codes.Host;
            codes[0] = rows.Length;
            for (int i = 0; i < rows.Length; i++) codes[StepKernels.WaveHeader + i] = _from.CodeOf(rows[i]);
        }

        public void Upload(int room) => _codes.Upload((StepKernels.WaveHeader + (long)room) * sizeof(int));

        public void Gather(int room) => _queue.Launch(_gather, (room + Parts - 1) / Parts, Units, Parts);

        public void Dispose()
        {
            States.Dispose();
            _gather.Dispose();
            _codes.Dispose();
        }
    }
}
