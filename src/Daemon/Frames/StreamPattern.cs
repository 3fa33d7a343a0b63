using System.Text;

namespace Realtime.Daemon.Frames;

/// <summary>
/// A pattern of stream names: <c>*</c> is any run of bytes, '/' too, <c>?</c> is one character, everything else is
/// itself. Matching looks at each byte of the name once, whatever the pattern.
/// </summary>
/// <remarks>
/// The pattern is an automaton whose state i means "i tokens matched", all states advanced at once as bits of a few
/// words (Baeza-Yates and Gonnet, A new approach to text searching, CACM 1992). A star before token i lets state i
/// stay on any byte; a ? lets the state behind it stay on the continuation bytes of its character.
/// </remarks>
public sealed class StreamPattern
{
    private const int BitsPerWord = 64;
    private const int MostTokens = 255;
    private const int MostWords = MostTokens / BitsPerWord + 1;

    private readonly int _words;
    private readonly int _tokens;
    private readonly ulong[] _advance;
    private readonly ulong[] _stay;
    private readonly ulong[] _stayInCharacter;

    /// <param name="text">1 to 255 bytes of UTF-8.</param>
    /// <exception cref="ArgumentException">The pattern is longer or empty.</exception>
    public StreamPattern(string text)
    {
        Text = text;
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length is 0 or > MostTokens)
        {
            throw new ArgumentException(
                $"a pattern has 1 to {MostTokens} bytes, this one {bytes.Length}", nameof(text));
        }
        _tokens = bytes.Count(b => b != '*');
        _words = _tokens / BitsPerWord + 1;
        _advance = new ulong[256 * _words];
        _stay = new ulong[_words];
        _stayInCharacter = new ulong[_words];
        Compile(bytes);
    }

    public string Text { get; }

    public override string ToString() => Text;

    public bool Matches(ReadOnlySpan<byte> name)
    {
        Span<ulong> states = stackalloc ulong[MostWords];
        states = states[.._words];
        states.Clear();
        states[0] = 1;
        foreach (var value in name)
        {
            if (!Step(states, value))
            {
                return false;
            }
        }
        return (states[_tokens / BitsPerWord] & Bit(_tokens)) != 0;
    }

    private void Compile(ReadOnlySpan<byte> bytes)
    {
        var token = 0;
        foreach (var value in bytes)
        {
            var word = token / BitsPerWord;
            if (value == '*')
            {
                _stay[word] |= Bit(token);
                continue;
            }
            if (value == '?')
            {
                for (var lead = 0; lead < 256; lead++)
                {
                    _advance[lead * _words + word] |= IsContinuation((byte)lead) ? 0 : Bit(token);
                }
                _stayInCharacter[(token + 1) / BitsPerWord] |= Bit(token + 1);
            }
            else
            {
                _advance[value * _words + word] |= Bit(token);
            }
            token++;
        }
    }

    // False once no state is left.
    private bool Step(Span<ulong> states, byte value)
    {
        var advance = _advance.AsSpan(value * _words, _words);
        var inCharacter = IsContinuation(value) ? ulong.MaxValue : 0;
        ulong carry = 0, any = 0;
        for (var word = 0; word < states.Length; word++)
        {
            var moved = states[word] & advance[word];
            var stayed = states[word] & (_stay[word] | (_stayInCharacter[word] & inCharacter));
            states[word] = (moved << 1) | carry | stayed;
            carry = moved >> (BitsPerWord - 1);
            any |= states[word];
        }
        return any != 0;
    }

    private static ulong Bit(int index) => 1UL << (index % BitsPerWord);

    private static bool IsContinuation(byte value) => (value & 0xC0) == 0x80;
}
