using Albatross.Daemon.State;
using Albatross.Linux;
using Albatross.Orchestration.Simulation;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;
using Albatross.Tests.Certificates;
using Albatross.Tests.Orchestration;

namespace Albatross.Tests.State;

/// <summary>What is wanted comes back as it was stored.</summary>
public sealed class StateStoreTests : IDisposable
{
    private static readonly DesiredState Some = new(
        ImmutableSortedDictionary<Name, DesiredUnikernel>.Empty
            .Add(
                VmmdScript.NameOf("foo:web"),
                new DesiredUnikernel(
                    ImageType.Solo5,
                    VmmdScript.Restarting with { Arguments = [RawText.Of("--secret=1")], Startup = 7 },
                    EffectText.ImageOf('a')))
            .Add(VmmdScript.NameOf(":db"), new DesiredUnikernel(ImageType.Solo5, VmmdScript.Small, EffectText.ImageOf('b'))),
        ImmutableSortedDictionary<NamePath, ResourcePolicy>.Empty
            .Add(NamePath.Root, VmmdScript.Host)
            .Add(VmmdScript.NameOf("foo:").Path, VmmdScript.Policy(2, 64, [0])));

    private readonly TemporaryDirectory _directory = new();

    [Fact]
    public void Nothing_is_wanted_on_a_new_host() => Assert.Null(Store().Load());

    [Fact]
    public void What_is_stored_is_read_again_as_the_same()
    {
        Store().Save(Some);

        DesiredState loaded = Store().Load()!;

        Assert.Equal(Some.Unikernels.Keys, loaded.Unikernels.Keys);
        Assert.Equal(Some.Unikernels.Values.Select(wanted => wanted.Image), loaded.Unikernels.Values.Select(wanted => wanted.Image));
        UnikernelSettings web = loaded.Unikernels[VmmdScript.NameOf("foo:web")].Settings;
        Assert.Equal(RawText.Of("--secret=1"), Assert.Single(web.Arguments!.Value));
        Assert.Equal((7, 32), (web.Startup, web.MemoryMib));
        Assert.Equal(Some.Policies.AsEnumerable(), loaded.Policies);
    }

    [Fact]
    public void Only_the_owner_can_read_it()
    {
        Store().Save(Some);

        string file = Assert.Single(Directory.GetFiles(_directory.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void A_damaged_file_is_refused_and_stays()
    {
        Store().Save(Some);
        string file = Assert.Single(Directory.GetFiles(_directory.Path));
        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[..^1]);

        Assert.Throws<InvalidDataException>(() => Store().Load());
        Assert.Equal(bytes[..^1], File.ReadAllBytes(file));
    }

    [Fact]
    public void A_file_of_the_original_is_not_taken_for_one_of_ours()
    {
        byte[] original = StateCodec.Encode(StoredState.Empty);

        Assert.False(HostStateCodec.TryDecode(original, out _, out Refusal? refusal));
        Assert.Equal(RefusalCode.UnknownTag, refusal.Code);
    }

    [Fact]
    public void A_file_of_a_newer_format_is_refused_by_its_number()
    {
        byte[] file = HostStateCodec.Encode(StoredState.Empty);
        file[6] = 9;   // BE len 30 len 02 01 format

        Assert.False(HostStateCodec.TryDecode(file, out _, out Refusal? refusal));
        Assert.Equal(RefusalCode.UnsupportedVersion, refusal.Code);
        Assert.StartsWith("a state file of format 9", refusal.Text, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private StateStore Store() => new(DurableDirectory.Open(_directory.Path));
}
