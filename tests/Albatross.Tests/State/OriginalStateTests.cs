using System.IO.Compression;
using System.Security.Cryptography;
using Albatross.Daemon;
using Albatross.Daemon.State;
using Albatross.Daemon.Vmmd;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;
using Albatross.Tests.Certificates;
using Albatross.Tests.Client;
using Albatross.Tests.Orchestration;
using Albatross.Tests.Protocol;
using Microsoft.Extensions.Logging;

namespace Albatross.Tests.State;

/// <summary>Moving in from the original, and out again, loses nothing.</summary>
public sealed class OriginalStateTests : IDisposable
{
    private static readonly byte[] Hello = File.ReadAllBytes(GoldenFiles.PathOf("images/tiny-hello.hvt"));

    private readonly TemporaryDirectory _directory = new();
    private readonly NotedLog _log = new();

    [Theory]
    [InlineData("local", 2)]
    [InlineData("tls", 6)]
    [InlineData("mixed", 6)]
    public async Task A_file_of_the_real_daemon_is_imported_and_exported_as_the_same_but_for_unpacked_images(string name, int unikernels)
    {
        byte[] file = File.ReadAllBytes(GoldenFiles.PathOf($"state-dump.{name}"));
        Write(file);

        DesiredState imported = Import()!;
        (int status, _, string errors) = await ExportAsync("exported");

        Assert.Equal((0, ""), (status, errors));
        Assert.Equal(unikernels, imported.Unikernels.Count);
        Assert.Equal(StateCodec.Encode(Unpacked(Decode(file))), Read("exported"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf("exported")));
        Assert.Equal(file, Read(StateFiles.Original));
        Assert.Equal([$"{unikernels} of {unikernels} unikernels and {imported.Policies.Count} policies of the original were imported"], _log.Lines);
    }

    [Fact]
    public void What_was_imported_is_stored_so_that_the_next_start_does_not_look_at_the_originals_file()
    {
        Write(StateOf((":a", Hello, false), (":b", Pack(Hello), true)));

        DesiredState imported = Import()!;

        Assert.Equal(imported.Unikernels.Keys, Store().Load()!.Unikernels.Keys);
        Assert.Equal(imported.Unikernels.Values.Select(one => one.Image), Store().Load()!.Unikernels.Values.Select(one => one.Image));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Hello)), Path.GetFileName(Assert.Single(Directory.GetFiles(PathOf(StateFiles.Images)))));
    }

    [Fact]
    public void A_unikernel_that_nothing_here_could_run_is_reported_and_the_others_are_imported()
    {
        UnikernelSettings small = VmmdScript.Small;
        Write(StateCodec.Encode(StoredState.Empty with
        {
            Unikernels = ImmutableSortedDictionary<Name, UnikernelConfig>.Empty
                .Add(VmmdScript.NameOf(":bhyve"), new UnikernelConfig(ImageType.Bhyve, false, Hello, small))
                .Add(VmmdScript.NameOf(":cut"), new UnikernelConfig(ImageType.Solo5, true, Pack(Hello).AsMemory()[..^1], small))
                .Add(VmmdScript.NameOf(":good"), new UnikernelConfig(ImageType.Solo5, false, Hello, small))
                .Add(VmmdScript.NameOf(":less"), new UnikernelConfig(ImageType.Solo5, false, Hello, small with { MemoryMib = -1000 }))
                .Add(VmmdScript.NameOf(":long"), new UnikernelConfig(ImageType.Solo5, false, Hello, small with
                {
                    Arguments = [RawText.Of(new string('x', 9000))],
                }))
                .Add(VmmdScript.NameOf(":none"), new UnikernelConfig(ImageType.Solo5, false, "no image"u8.ToArray(), small)),
        }));

        Assert.Equal([VmmdScript.NameOf(":good")], Import()!.Unikernels.Keys);
        Assert.Equal(
            [
                ":bhyve of the original is not imported (invalid-image): bhyve unikernels do not run on Linux: give a Solo5 image",
                ":cut of the original is not imported (malformed): failed to uncompress: Unexpected end of input: the data is incomplete, or something follows it",
                ":less of the original is not imported (invalid-value): memory must be 1 to 4096 MB, not -1000 MB",
                ":long of the original is not imported (too-large): boot arguments have 9012 bytes together, at most 8191 are possible",
                ":none of the original is not imported (invalid-image): error during ELF parsing: invalid executable: elf header does not match the expected size (8 != 64)",
            ],
            _log.Lines.SkipLast(1).Select(line => line.Replace("; it is still in the original's file", "", StringComparison.Ordinal)));
        Assert.StartsWith("1 of 6 unikernels", _log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_version_is_read_and_each_of_its_unikernels_imported_or_reported()
    {
        foreach (WireVector vector in WireVectors.OfKind("state", 9))
        {
            Write(vector.Der);
            _log.Lines.Clear();
            StoredState original = Decode(vector.Der);

            DesiredState imported = Import()!;

            Assert.Equal(original.Unikernels.Count, imported.Unikernels.Count + _log.Lines.Count - 1);
            Assert.Equal(StateStore.PoliciesOf(original).AsEnumerable(), imported.Policies);
        }
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(1, 1)]
    public void A_file_of_the_original_that_is_newer_than_ours_is_not_passed_over_in_silence(int newerBySeconds, int warnings)
    {
        Write(StateOf((":a", Hello, false)));
        Import();
        _log.Lines.Clear();
        File.SetLastWriteTimeUtc(PathOf(StateFiles.Original), File.GetLastWriteTimeUtc(PathOf(StateFiles.Host)).AddSeconds(newerBySeconds));

        OriginalState.ReportNewer(_directory.Path, _log);

        Assert.Equal(warnings, _log.Lines.Count(line => line.EndsWith($"move {PathOf(StateFiles.Host)} away", StringComparison.Ordinal)));
    }

    [Fact]
    public void Without_a_file_of_the_original_there_is_nothing_to_import() => Assert.Null(Import());

    [Theory]
    [InlineData("a60630043000300000", "(malformed)")]
    [InlineData("a60630", "(malformed)")]
    [InlineData("", "(malformed)")]
    [InlineData("a8020500", "(unknown-tag)")]
    public void A_damaged_file_is_refused_by_its_code_and_nothing_is_stored(string content, string code)
    {
        Write(Convert.FromHexString(content));

        var refused = Assert.Throws<InvalidDataException>(() => Import());

        Assert.StartsWith($"{PathOf(StateFiles.Original)} of the original cannot be imported {code}: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(content, Convert.ToHexStringLower(Read(StateFiles.Original)));
        Assert.False(File.Exists(PathOf(StateFiles.Host)));
    }

    [Fact]
    public void A_file_over_the_limit_is_refused_before_it_is_read()
    {
        using (FileStream file = File.Create(PathOf(StateFiles.Original)))
        {
            file.SetLength(StateFiles.MaxOriginalBytes + 1L);
        }

        var refused = Assert.Throws<InvalidDataException>(() => OriginalState.Read(_directory.Path));

        Assert.Contains("(too-large): it has 1073741825 bytes, at most 1073741824 are read", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_original_that_was_cut_off_between_its_two_files_is_not_taken_for_nothing()
    {
        File.WriteAllBytes(PathOf(StateFiles.OriginalBackup), StateCodec.Encode(StoredState.Empty));

        var refused = Assert.Throws<InvalidDataException>(() => OriginalState.Read(_directory.Path));

        Assert.Contains("is missing (not-found)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_export_is_refused_with_a_reason_and_leaves_no_file()
    {
        Write(StateOf((":a", Hello, false)));
        await ExportFails(124, "Could not find file");
        Import();
        string image = Directory.GetFiles(PathOf(StateFiles.Images))[0];

        File.WriteAllBytes(image, [.. Hello, 0]);
        await ExportFails(121, "the image of :a is damaged");
        File.Delete(image);
        await ExportFails(124, "the image of :a is not there");
        File.WriteAllBytes(PathOf(StateFiles.Host), [0xbe]);
        await ExportFails(121, "state.albatross: ");
    }

    [Fact]
    public async Task An_export_replaces_no_file()
    {
        Write(StateOf((":a", Hello, false)));
        Import();

        (int status, _, _) = await ExportAsync(StateFiles.Original);

        Assert.Equal(124, status);
        Assert.Equal(StateOf((":a", Hello, false)), Read(StateFiles.Original));
    }

    public void Dispose() => _directory.Dispose();

    private async Task ExportFails(int status, string why)
    {
        (int actual, _, string errors) = await ExportAsync("exported");
        Assert.Equal(status, actual);
        Assert.Contains(why, errors, StringComparison.Ordinal);
        Assert.False(File.Exists(PathOf("exported")));
    }

    private Task<(int Status, string Output, string Errors)> ExportAsync(string file) =>
        ClientProcess.RunAsync(_directory.Path, "", "export-state", "--dbdir", _directory.Path, "--output", file);

    // As a first start does it.
    private DesiredState? Import()
    {
        var options = new DaemonOptions
        {
            RunDirectory = PathOf("run"), DataDirectory = _directory.Path, CaFile = "", CertificateFile = "", KeyFile = "",
            Address = "", Port = 0, MetricsPort = 0, EndWithInput = false,
        };
        using var tenders = new HostTenders(options);
        using var images = new ImageStore(tenders, DurableDirectory.Open(PathOf(StateFiles.Images)));
        images.Restore([]);
        return OriginalState.Import(_directory.Path, images, Store(), _log);
    }

    private StateStore Store() => new(DurableDirectory.Open(_directory.Path));

    private string PathOf(string name) => Path.Combine(_directory.Path, name);

    private byte[] Read(string name) => File.ReadAllBytes(PathOf(name));

    private void Write(byte[] original) => File.WriteAllBytes(PathOf(StateFiles.Original), original);

    private static StoredState Decode(byte[] der)
    {
        Assert.True(StateCodec.TryDecode(der, out StoredState? state, out Refusal? refusal), refusal?.Text);
        return state;
    }

    private static byte[] StateOf(params (string Name, byte[] Image, bool Compressed)[] unikernels) => StateCodec.Encode(StoredState.Empty with
    {
        Unikernels = unikernels.ToImmutableSortedDictionary(
            one => VmmdScript.NameOf(one.Name),
            one => new UnikernelConfig(ImageType.Solo5, one.Compressed, one.Image, VmmdScript.Small)),
    });

    private static StoredState Unpacked(StoredState state) => state with
    {
        Unikernels = state.Unikernels.ToImmutableSortedDictionary(
            entry => entry.Key,
            entry => entry.Value with { Compressed = false, Image = entry.Value.Compressed ? Unpack(entry.Value.Image) : entry.Value.Image }),
    };

    private static byte[] Unpack(ReadOnlyMemory<byte> packed)
    {
        using var zlib = new ZLibStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        zlib.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        return packed.ToArray();
    }

    private sealed class NotedLog : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));
    }
}
