using Realtime.Daemon.Configuration;
using Realtime.Daemon.Hosting;
using Realtime.Daemon.Security;
using Realtime.Protocol.ZeroMq;

namespace Realtime.Daemon.Tests.Security;

public sealed class KeyFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _folder = Directory.CreateTempSubdirectory("realtimed-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_and_only_its_owner_can_read_the_secret()
    {
        var keys = ZmqCurveKeys.Create();
        KeyFile.Write(At("plant"), keys, replace: false);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(At("plant.key")));
        Assert.Equal(["plant.key", "plant.pub"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
        Assert.True(KeyFile.TryReadSecret(At("plant.key"), out var read, out _));
        Assert.Equal((keys.PublicKey, keys.SecretKey), (read.PublicKey, read.SecretKey));
        Assert.True(KeyFile.TryReadPublic(At("plant.pub"), out var key, out _));
        Assert.Equal(keys.PublicKey, key);
        Assert.DoesNotContain(keys.SecretKey, File.ReadAllText(At("plant.pub")));
        Assert.DoesNotContain(keys.SecretKey, keys.ToString());
    }

    [Fact]
    public void Keys_that_are_there_are_replaced_only_where_that_is_said()
    {
        KeyFile.Write(At("plant"), ZmqCurveKeys.Create(), replace: false);
        var before = File.ReadAllText(At("plant.key"));
        Assert.Throws<IOException>(() => KeyFile.Write(At("plant"), ZmqCurveKeys.Create(), replace: false));
        Assert.Equal(before, File.ReadAllText(At("plant.key")));
        KeyFile.Write(At("plant"), ZmqCurveKeys.Create(), replace: true);
        Assert.NotEqual(before, File.ReadAllText(At("plant.key")));
    }

    [Theory]
    [InlineData("", "found no key, expected a line secret-key")]
    [InlineData("curve\n  secret-key = \"short\"\n", ":2: found a secret-key of 5 characters")]
    [InlineData("hello\n", ":1: found a line that is no key")]
    [InlineData("PUBLIC", "found a public key only, expected the secret one")]
    [InlineData("OTHERS", "found a public-key that does not belong to the secret-key")]
    public void A_bad_secret_is_told_with_file_and_line(string text, string expected)
    {
        var (keys, others) = (ZmqCurveKeys.Create(), ZmqCurveKeys.Create());
        text = text switch
        {
            "PUBLIC" => $"public-key = \"{keys.PublicKey}\"",
            "OTHERS" => $"public-key = \"{others.PublicKey}\"\nsecret-key = \"{keys.SecretKey}\"",
            _ => text,
        };
        Write("bad.key", text, OwnerOnly);
        Assert.False(KeyFile.TryReadSecret(At("bad.key"), out _, out var fault));
        Assert.StartsWith(At("bad.key"), fault);
        Assert.Contains(expected, fault);
        Assert.DoesNotContain(keys.SecretKey, fault);
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_secret_that_others_can_get_at_is_refused_and_the_remedy_told(UnixFileMode others)
    {
        KeyFile.Write(At("plant"), ZmqCurveKeys.Create(), replace: false);
        File.SetUnixFileMode(At("plant.key"), OwnerOnly | others);
        Assert.False(KeyFile.TryReadSecret(At("plant.key"), out _, out var fault));
        Assert.EndsWith($"chmod 600 {At("plant.key")}", fault);
    }

    [Fact]
    public void A_secret_key_is_no_clients_public_key()
    {
        KeyFile.Write(At("plant"), ZmqCurveKeys.Create(), replace: false);
        Assert.False(KeyFile.TryReadPublic(At("plant.key"), out _, out var fault));
        Assert.Contains("found a secret key, expected the public one", fault);
    }

    [Fact]
    public void Any_key_alone_in_a_file_is_read()
    {
        // Among so many some begin with the sign of a comment, or have one of an assignment.
        for (var i = 0; i < 300; i++)
        {
            var keys = ZmqCurveKeys.Create();
            Write("bare", keys.SecretKey + "\n", OwnerOnly);
            Assert.True(KeyFile.TryReadSecret(At("bare"), out var read, out var fault), fault);
            Assert.Equal(keys.PublicKey, read.PublicKey);
        }
    }

    [Fact]
    public void A_list_in_a_file_has_its_faults_told_by_line_and_column()
    {
        KeyFile.Write(At("curve"), ZmqCurveKeys.Create(), replace: false);
        Write("clients.json", """
            [ // clients
              { "name": "a", "keyFile": "a.pub", "ticksPerSecond": 0 },
              { "name": "a", "kye": "" },
            ]
            """, OwnerOnly);
        var faults = Assert.Throws<StartException>(() => Load(new AllowedClients(At("clients.json"), []))).Faults;
        Assert.Contains($"{At("clients.json")}:2:56: found 0 for clients[0].ticksPerSecond, expected a whole number "
            + "from 1 to 1000000000, or null", faults);
        Assert.Contains(faults, static fault => fault.Contains(":3:18: found the unknown key \"clients[1].kye\""));
    }

    [Fact]
    public void A_folder_lets_in_whoever_has_a_public_key_there()
    {
        KeyFile.Write(At("curve"), ZmqCurveKeys.Create(), replace: false);
        Directory.CreateDirectory(At("clients"));
        KeyFile.Write(At("clients/b"), ZmqCurveKeys.Create(), replace: false);
        KeyFile.Write(At("clients/a"), ZmqCurveKeys.Create(), replace: false);
        var keys = Load(new AllowedClients(At("clients"), []));
        Assert.Equal(["a", "b"], keys.Rights.Select(static one => one.Name));
        Assert.All(keys.Rights, static one => Assert.False(one.MayControl));
        Assert.False(keys.LimitsSubscribers);
        File.Copy(At("clients/a.pub"), At("clients/c.pub"));
        var fault = Assert.Throws<StartException>(() => Load(new AllowedClients(At("clients"), []))).Faults;
        Assert.Contains("found the same key for a and c", Assert.Single(fault));
    }

    [Fact]
    public void What_a_client_hears_is_what_stands_before_the_wildcards_of_its_streams()
    {
        KeyFile.Write(At("curve"), ZmqCurveKeys.Create(), replace: false);
        var key = ZmqCurveKeys.Create().PublicKey;
        ClientOptions[] clients = [new() { Name = "a", Key = key, Streams = ["pump/*", "fan/?", "exact"] }];
        var keys = Load(new AllowedClients(null, clients));
        Assert.Equal(["pump/", "fan/", "exact"], Assert.Single(keys.Rights).Hears);
        Assert.True(keys.LimitsSubscribers);
    }

    [Fact]
    public void Keys_that_are_added_leave_connections_and_all_other_changes_end_them()
    {
        var (server, a, b) = (ZmqCurveKeys.Create(), ZmqCurveKeys.Create(), ZmqCurveKeys.Create());
        KeySet Set(ZmqCurveKeys own, params (string Name, ZmqCurveKeys Keys)[] clients) => new(own, clients.Select(
            static one => (one.Keys.PublicKey, new Realtime.Daemon.Frames.Access.ClientRights(
                one.Name, ["*"], [""], null, false))));
        KeyChange Change(KeySet next) => new KeyRing(Set(server, ("a", a))).Use(next);
        Assert.False(Change(Set(server, ("a", a))).Reopens);
        Assert.False(Change(Set(server, ("a", a), ("b", b))).Reopens);
        Assert.True(Change(Set(server, ("b", b))).Reopens);
        Assert.True(Change(Set(server, ("a", b))).Reopens);
        Assert.True(Change(Set(server, ("b", a))).Reopens);
        Assert.True(Change(Set(b, ("a", a))).Reopens);
    }

    private KeySet Load(AllowedClients clients) => KeySet.Load(new SecurityOptions
    {
        Curve = new CurveOptions { SecretKey = At("curve.key"), Clients = clients },
    })!;

    private string At(string name) => Path.Combine(_folder, name);

    private void Write(string name, string text, UnixFileMode mode)
    {
        File.WriteAllText(At(name), text);
        File.SetUnixFileMode(At(name), mode);
    }
}
