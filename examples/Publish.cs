// Sends ticks to realtimed and prints the forecast that comes back for each: dotnet run examples/Publish.cs
// The argument, behind --, is the daemon's endpoint for requests.
#:project ../src/Protocol/Protocol.csproj
#:property PublishAot=false
#:property RestorePackagesWithLockFile=false
using Realtime.Protocol;

const string Stream = "demo/csharp";
using var client = new RealtimeClient(new() { Requests = args is [var endpoint] ? endpoint : "tcp://127.0.0.1:5571" });

// Where did we stop? The daemon knows the last seq of every stream; nil for one it has not seen.
var hello = client.Request("hello", 1, static request =>
{
    request.WriteString("streams");
    request.WriteArrayHeader(1);
    request.WriteString(Stream);
});
var last = hello["streams"][Stream].AsUInt64() ?? 0;

for (var seq = last + 1; seq <= last + 20; seq++)
{
    var value = 20 + Math.Sin(seq / 3.0);
    var forecast = client.Send(Stream, [value], seq, reply: true).Predictions![0]!;
    Console.WriteLine($"{Stream} {seq}: {value:F3}, next {forecast.Mean[0][0]:F3}");
}
