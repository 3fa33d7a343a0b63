using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Realtime.Daemon.Hosting.Systemd;
using Realtime.Daemon.Tests.Storage;

namespace Realtime.Daemon.Tests.Hosting.Systemd;

public sealed partial class JournalLoggerTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly NotifySocket _journal;
    private readonly StringWriter _error = new();
    private readonly JournalLoggerProvider _provider;
    private readonly ILogger _log;

    public JournalLoggerTests()
    {
        var name = Path.Combine(_folder.Path, "journal");
        _journal = new NotifySocket(name);
        _provider = new JournalLoggerProvider(new JournalSocket(name), _error);
        _log = _provider.CreateLogger("realtimed");
    }

    public void Dispose()
    {
        _provider.Dispose();
        _journal.Dispose();
        _error.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Named_values_are_fields()
    {
        LogModel(_log, "pump", 1.5, "a=b");
        var fields = Read(_journal.ReceiveBytes());
        Assert.Equal("Model pump every 1.5 s: a=b", fields["MESSAGE"]);
        Assert.Equal(
            ("4", "realtimed", "990", "pump", "1.5", "a=b"),
            (fields["PRIORITY"], fields["REALTIMED_CATEGORY"], fields["REALTIMED_EVENT_ID"],
                fields["REALTIMED_MODEL"], fields["REALTIMED_SNAPSHOT_EVERY"], fields["REALTIMED_TEXT"]));
        Assert.DoesNotContain("{", string.Concat(fields.Keys));
        Assert.Equal("", _error.ToString());
    }

    [Fact]
    public void A_value_of_several_lines_is_kept_as_it_is()
    {
        LogModel(_log, "one\nPRIORITY=0\n", 2, "x");
        var fields = Read(_journal.ReceiveBytes());
        Assert.Equal(("one\nPRIORITY=0\n", "4"), (fields["REALTIMED_MODEL"], fields["PRIORITY"]));
    }

    [Fact]
    public void An_exception_has_a_field_of_its_own()
    {
        LogFault(_log, new InvalidOperationException("no"));
        var fields = Read(_journal.ReceiveBytes());
        Assert.Equal(("Failed: no", "2"), (fields["MESSAGE"], fields["PRIORITY"]));
        Assert.Contains(nameof(InvalidOperationException), fields["REALTIMED_EXCEPTION"]);
    }

    [Fact]
    public void What_is_too_large_goes_to_standard_error_with_its_level()
    {
        LogModel(_log, new string('x', 8_000_000) + "\nend", 2, "x");
        Assert.True(_journal.IsEmpty);
        Assert.StartsWith("<4>Model xxx", _error.ToString());
        Assert.Single(_error.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_journal_that_is_gone_is_no_fault()
    {
        _journal.Dispose();
        LogModel(_log, "m", 2, "x");
        Assert.StartsWith("<4>Model m", _error.ToString());
    }

    [Theory]
    [InlineData("8:4711", "socket:[4711]", true)]
    [InlineData("8:4712", "socket:[4711]", false)]
    [InlineData("8:4711", "pipe:[4711]", false)]
    [InlineData("4711", "socket:[4711]", false)]
    [InlineData(null, "socket:[4711]", false)]
    [InlineData("8:4711", null, false)]
    public void The_stream_is_standard_error_or_not(string? stream, string? link, bool isIt) =>
        Assert.Equal(isIt, JournalSocket.IsStream(stream, link));

    [Theory]
    [InlineData("Model", "REALTIMED_MODEL")]
    [InlineData("nextStart", "REALTIMED_NEXT_START")]
    [InlineData("HTTPPort2", "REALTIMED_HTTPPORT2")]
    [InlineData("a.b c", "REALTIMED_A_B_C")]
    public void Names_are_what_the_journal_takes(string name, string field) =>
        Assert.Equal(field, JournalEntry.NameOf(name));

    // As the journal's documentation describes it.
    private static Dictionary<string, string> Read(ReadOnlySpan<byte> entry)
    {
        var fields = new Dictionary<string, string>();
        while (!entry.IsEmpty)
        {
            var line = entry[..entry.IndexOf((byte)'\n')];
            entry = entry[(line.Length + 1)..];
            var equals = line.IndexOf((byte)'=');
            if (equals >= 0)
            {
                fields.Add(Encoding.ASCII.GetString(line[..equals]), Encoding.UTF8.GetString(line[(equals + 1)..]));
                continue;
            }

            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(entry);
            fields.Add(Encoding.ASCII.GetString(line), Encoding.UTF8.GetString(entry.Slice(8, length)));
            Assert.Equal((byte)'\n', entry[8 + length]);
            entry = entry[(9 + length)..];
        }

        return fields;
    }

    [LoggerMessage(990, LogLevel.Warning, "Model {Model} every {SnapshotEvery} s: {Text}")]
    private static partial void LogModel(ILogger log, string model, double snapshotEvery, string text);

    [LoggerMessage(991, LogLevel.Critical, "Failed")]
    private static partial void LogFault(ILogger log, Exception exception);
}
