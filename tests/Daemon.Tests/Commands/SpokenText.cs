using System.Text;

namespace Realtime.Daemon.Tests.Commands;

/// <summary>What a command has said so far; several threads may write and read.</summary>
internal sealed class SpokenText : TextWriter
{
    private readonly StringBuilder _text = new();

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        lock (_text)
            _text.Append(value);
    }

    public override string ToString()
    {
        lock (_text)
            return _text.ToString();
    }
}
