namespace Realtime.Training.Learning.Forecasting;

/// <summary>Rows of a series that go through the network together.</summary>
/// <param name="Series">Its place in the list.</param>
/// <param name="Start">The first row.</param>
/// <param name="End">Behind the last row.</param>
/// <param name="ScoreFrom">The first row whose forecasts count; those before warm the state up.</param>
/// <param name="TargetEnd">Rows from here on are not known.</param>
/// <param name="Begins">Whether the state is zero before it, where states are carried.</param>
internal readonly record struct Window(
    int Series, int Start, int End, int ScoreFrom, int TargetEnd, bool Begins = true);
