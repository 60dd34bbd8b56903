using System.Buffers.Binary;
using System.Text;
using Albatross.Solo5;
using Albatross.Solo5.Jail;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.Tests.Solo5;

/// <summary>The jail of an installed tender as a value.</summary>
public sealed class TenderJailTests
{
    private const ulong SetGroup = 1 << 6, SetUser = 1 << 7, SetBounds = 1 << 8, Administer = 1 << 21;
    private const ulong Ipc = 0x0800_0000, HostName = 0x0400_0000, Users = 0x1000_0000, Network = 0x4000_0000;
    private static readonly UnikernelUser Wanted = new(1000, 1001);

    private static readonly SandboxFacts Root = new()
    {
        LandlockVersion = 7,
        EffectiveCapabilities = SetGroup | SetUser | SetBounds | Administer,
        BoundingCapabilities = 0b11,
    };

    [Fact]
    public void Root_with_a_user_for_the_tender_gets_every_layer()
    {
        TenderJail jail = Whole(Root, Wanted);
        Assert.Equal((Wanted, 0b11UL, 7, Ipc | HostName | Network), (jail.User, jail.DroppedBounds, jail.LandlockVersion, jail.Namespaces));
        Assert.Null(jail.Report);
    }

    [Fact]
    public void Taps_are_attached_in_the_network_namespace_in_which_they_are() =>
        Assert.Equal(Ipc | HostName, TenderJail.NamespacesFor(Root, attachesTaps: true));

    [Fact]
    public void An_ordinary_user_gets_namespaces_inside_one_of_users()
    {
        TenderJail jail = Whole(Root with { EffectiveCapabilities = 0 }, null);
        Assert.Equal(Ipc | HostName | Network | Users, jail.Namespaces);
        Assert.Equal("jail without own user (no --user); capability bounds (not root)", jail.Report);
    }

    [Fact]
    public void What_is_left_out_is_said_with_its_reason() => Assert.Equal(
        "jail without own user, capability bounds (not root); landlock (not in this kernel); namespaces (forbidden here)",
        TenderJail.For(new SandboxFacts { BoundingCapabilities = 1 }, Wanted, namespaces: 0).Report);

    [Fact]
    public void The_rows_take_everything_away_and_execute_last()
    {
        List<LaunchedRow> rows = Rows(new JailRequest
        {
            Program = "/x/solo5-hvt"u8.ToArray(),
            Arguments = [Encoding.ASCII.GetBytes("--mem=2"), Encoding.Latin1.GetBytes("\u00ff")],
            Jail = Whole(Root, Wanted),
            Ruleset = 9,
            Kept = [7, 4],
        });
        const int Prctl = SystemCallNumber.Prctl;
        Assert.Equal(
            [
                (SystemCallNumber.Unshare, Ipc | HostName | Network), (Prctl, 38), (SystemCallNumber.LandlockRestrictSelf, 9),
                (SystemCallNumber.CloseRange, 3), (SystemCallNumber.CloseRange, 5), (SystemCallNumber.CloseRange, 8),
                (Prctl, 24), (Prctl, 24), (SystemCallNumber.Setgroups, 0), (SystemCallNumber.Setresgid, 1001), (SystemCallNumber.Setresuid, 1000),
                (Prctl, 47), (SystemCallNumber.Capset, rows[12].Arguments[0]), (SystemCallNumber.Setrlimit, ResourceLimits.Core),
                (SystemCallNumber.Execve, rows[14].Arguments[0]),
            ],
            rows.Select(row => (row.Number, row.Arguments[0])));
        Assert.Equal([3UL, 6, uint.MaxValue], rows.Where(row => row.Number == SystemCallNumber.CloseRange).Select(row => row.Arguments[1]));
        Assert.All(rows, row => Assert.Equal(RowMode.MustSucceed, row.Mode));

        LaunchedRow execute = rows[^1];
        Assert.Equal("/x/solo5-hvt\0"u8.ToArray(), execute.DataAt(execute.Arguments[0], 13).ToArray());
        ulong[] words = [.. Enumerable.Range(0, 4).Select(i => BinaryPrimitives.ReadUInt64LittleEndian(execute.DataAt(execute.Arguments[1] + (8 * (ulong)i), 8)))];
        Assert.Equal((execute.Arguments[0], 0UL), (words[0], words[3]));
        Assert.Equal("--mem=2\0"u8.ToArray(), execute.DataAt(words[1], 8).ToArray());
        Assert.Equal([0xff, 0], execute.DataAt(words[2], 2).ToArray());
        Assert.Equal(0UL, BinaryPrimitives.ReadUInt64LittleEndian(execute.DataAt(execute.Arguments[2], 8)));
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_refused()
    {
        var request = new JailRequest
        {
            Program = "/x"u8.ToArray(), Arguments = [new byte[65_536]], Jail = Whole(Root, null),
        };
        Assert.False(JailLaunch.TryBuild(request, out _, out ImageRefusal? refusal));
        Assert.Equal(ImageRefusalCode.InvalidCommandLine, refusal.Code);
        Assert.True(JailLaunch.TryBuild(request with { Arguments = [new byte[65_000]] }, out _, out _));
    }

    [Theory]
    [InlineData("a loader", "/lib64/ld.so\0", 64, 12)]
    [InlineData("a loader behind what was read", "/lib64/ld.so\0", 4000, 0)]
    [InlineData("an offset that wraps round", "/lib64/ld.so\0", -1000, 0)]
    public void The_loader_is_found_in_the_head_of_the_file(string name, string loader, long distance, int length)
    {
        byte[] head = new byte[512];
        "\u007fELF\u0002\u0001"u8.CopyTo(head);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(56), 2);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(64), 6);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(120), 3);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(128), (ulong)(176 + distance));
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(152), (ulong)loader.Length);
        Encoding.ASCII.GetBytes(loader, head.AsSpan(240));
        Assert.True(ElfInterpreter.PathIn(head).Length == length, name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("#!/bin/sh\n")]
    public void What_is_no_ELF_file_has_no_loader(string text) =>
        Assert.True(ElfInterpreter.PathIn(Encoding.ASCII.GetBytes(text.PadRight(100))).IsEmpty);

    private static TenderJail Whole(SandboxFacts facts, UnikernelUser? user) =>
        TenderJail.For(facts, user, TenderJail.NamespacesFor(facts, attachesTaps: false));

    private static List<LaunchedRow> Rows(JailRequest request)
    {
        Assert.True(JailLaunch.TryBuild(request, out JailLaunch? launch, out _));
        return LaunchedRows.Of(launch.Executable.Span, SptLayout.FirstRow);
    }
}
