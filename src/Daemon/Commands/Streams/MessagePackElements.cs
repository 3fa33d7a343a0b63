using Realtime.Protocol.MessagePack;

namespace Realtime.Daemon.Commands;

/// <summary>Takes a file of concatenated MessagePack elements apart, holding little more than one of them.</summary>
internal sealed class MessagePackElements(Stream file, string name)
{
    private const int LargestElement = 256 << 20;

    private byte[] _buffer = new byte[64 << 10];
    private int _start;
    private int _end;
    private long _position;

    /// <summary>The next element's bytes; null at the end of the file.</summary>
    /// <exception cref="InvalidDataException">What follows is no MessagePack, or cut off.</exception>
    public byte[]? Next()
    {
        while (true)
        {
            var reader = new MessagePackReader(_buffer.AsSpan(_start, _end - _start));
            if (_start < _end && reader.TrySkip())
            {
                var element = _buffer.AsSpan(_start, reader.Position).ToArray();
                _start += element.Length;
                _position += element.Length;
                return element;
            }

            if (Fill())
                continue;
            return _start == _end
                ? null
                : throw new InvalidDataException(
                    $"{name}: byte {_position}: found a damaged or cut off element, expected a map");
        }
    }

    // Appends what the file has; false at its end.
    private bool Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= LargestElement)
                return false;
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        var read = file.Read(_buffer.AsSpan(_end));
        _end += read;
        return read > 0;
    }
}
