using Albatross.Daemon.Vmmd;
using Albatross.Linux;
using Albatross.Orchestration.Simulation;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;
using Albatross.Tests.Orchestration;

namespace Albatross.Tests.State;

/// <summary>What a daemon notes of a tender for the next one.</summary>
public sealed class TenderRecordTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("albatross-");

    private static readonly TenderOrigin Origin = new(
        new DesiredUnikernel(ImageType.Solo5, VmmdScript.WithDevices, EffectText.ImageOf('a')),
        new string('0', 64),
        [new TapOfDevice(RawText.Of("net"), RawText.Of("vmmtap0")), new TapOfDevice(RawText.Of("a b\n"), RawText.Of("vmmtap1"))],
        QuickRestarts: 3);

    private static readonly TenderRecord Whole = new(
        "boot-id", VmmdScript.NameOf("foo:web"), 7, VmmdScript.At(0.1234567), Origin, new RecordedProcess(4711, 815));

    [Fact]
    public void A_record_is_read_as_it_was_written()
    {
        TenderRecord? read = TenderRecord.Parse(Whole.ToString());

        Assert.Equal(Whole.ToString(), read?.ToString());
        Assert.Equal((Whole.BootId, Whole.Name, Whole.Incarnation, Whole.Since, Whole.Process),
            (read!.BootId, read.Name, read.Incarnation, read.Since, read.Process));
        Assert.Equal(Origin.ArgumentsDigest, read.Origin.ArgumentsDigest);
        Assert.Equal(Origin.Taps!.Value.AsEnumerable(), read.Origin.Taps!.Value.AsEnumerable());
        Assert.Equal(3, read.Origin.QuickRestarts);
    }

    [Fact]
    public void A_record_without_process_and_without_devices_is_a_whole_one()
    {
        TenderRecord announced = Whole with { Process = null, Origin = Origin with { Taps = null } };
        TenderRecord noTaps = Whole with { Origin = Origin with { Taps = [] } };

        TenderRecord? read = TenderRecord.Parse(announced.ToString());

        Assert.Null(read!.Process);
        Assert.Null(read.Origin.Taps);
        Assert.Empty(TenderRecord.Parse(noTaps.ToString())!.Origin.Taps!.Value);
    }

    [Fact]
    public void No_part_of_a_record_is_taken_for_a_record_but_the_one_that_announces()
    {
        string text = Whole.ToString();
        int announced = text.IndexOf("tap ", StringComparison.Ordinal);
        for (int length = 0; length < text.Length; length++)
        {
            bool isWholeLine = length >= announced && text[length - 1] == '\n';
            Assert.True(isWholeLine == TenderRecord.Parse(text[..length]) is not null, text[..length]);
        }
    }

    [Theory]
    [InlineData("albatross-tender 1", "albatross-tender 2")]
    [InlineData("start 7 ", "start -7 ")]
    [InlineData("unikernel ", "unikernel !")]
    [InlineData("process 4711 ", "process 99999999999 ")]
    [InlineData("tap ", "tip ")]
    [InlineData("tap 6e", "tap xy")]
    public void What_is_no_record_of_this_kind_is_not_read(string from, string to) =>
        Assert.Null(TenderRecord.Parse(Whole.ToString().Replace(from, to, StringComparison.Ordinal)));

    [Fact]
    public void Records_are_files_that_only_the_owner_can_read_and_half_written_ones_do_not_count()
    {
        var records = new TenderRecords(DurableDirectory.Open(_directory.FullName));
        TenderRecord record = records.Announce(Whole.Name, 7, Whole.Since, Origin);
        records.Confirm(record, Environment.ProcessId);
        File.WriteAllText(Path.Combine(_directory.FullName, "unfinished"), "albatross-te");
        File.WriteAllText(Path.Combine(_directory.FullName, "foo:other"), Whole.ToString());

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory.FullName, "foo:web")));
        List<(string File, TenderRecord? Record)> all = [.. records.All];
        Assert.Equal(["foo:other", "foo:web"], all.Select(entry => entry.File));
        Assert.Null(all[0].Record);
        Assert.Equal(Environment.ProcessId, all[1].Record!.Process!.ProcessId);
        Assert.Equal(ProcessStatus.Of(Environment.ProcessId)!.StartTicks, all[1].Record!.Process!.StartTicks);
        records.Remove(Whole.Name);
        Assert.Single(records.All);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
