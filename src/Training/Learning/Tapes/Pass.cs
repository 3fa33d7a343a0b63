namespace Realtime.Training.Learning.Tapes;

/// <summary>How a window is gone through.</summary>
/// <param name="Drops">Whether dropout drops, as in training.</param>
/// <param name="Carries">Whether states begin where the window before ended, and not at zero.</param>
/// <param name="Seed">What dropped values are drawn from; differs from pass to pass.</param>
internal readonly record struct Pass(bool Drops, bool Carries, ulong Seed);
