using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Launch;

namespace Albatross.Tests.Linux;

/// <summary>Locks tell who has a console open, also when nobody may look into the process.</summary>
public sealed class FileLocksTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("albatross-");

    private string FifoPath => Path.Combine(_directory.FullName, "fifo");

    [Theory]
    [InlineData("1: FLOCK  ADVISORY  READ 28666 fe:00:11690169 0 EOF", 28666, "fe:00:11690169")]
    [InlineData("\t12: FLOCK  ADVISORY  WRITE 7 00:2e:1 0 EOF", 7, "00:2e:1")]
    public void A_lock_is_read(string line, int processId, string file) =>
        Assert.Equal(new HeldLock(processId, file), FileLocks.Parse(line));

    [Theory]
    [InlineData("1: POSIX  ADVISORY  WRITE 28666 fe:00:11690169 0 EOF")]
    [InlineData("1: OFDLCK ADVISORY  READ -1 00:06:1028 0 EOF")]
    [InlineData("1: -> FLOCK  ADVISORY  WRITE 28666 fe:00:11690169 0 EOF")]
    [InlineData("1: FLOCK  ADVISORY  WRITE -1 fe:00:11690169 0 EOF")]
    [InlineData("1: FLOCK  ADVISORY")]
    [InlineData("")]
    public void Other_locks_and_those_who_wait_are_not(string line) => Assert.Null(FileLocks.Parse(line));

    [Fact]
    public void A_child_that_was_given_a_locked_file_is_its_holder_until_it_ends()
    {
        Fifo.Create(FifoPath);
        byte[] program = PlayedProgram.Build(table =>
        {
            table.Ignore(SystemCallNumber.Read, 0, ProcessLayout.Scratch, 1);   // until somebody writes
            table.Ignore(SystemCallNumber.ExitGroup, 0);
        });
        using SealedFile executable = SealedFile.OfExecutable("played", program);
        using var spawner = new Spawner(LauncherCode.SpawnStub);
        ProcessDescriptor child;
        using (Fifo console = Fifo.OpenForWriter(FifoPath))
        {
            Assert.True(FileLocks.TryTake(console, exclusively: true));
            child = spawner.Start(new SpawnRequest
            {
                Executable = executable, ProcessName = "played", Descriptors = [console, console], LockedDescriptor = 1,
            });
        }

        using (child)
        using (Fifo next = Fifo.OpenForWriter(FifoPath))
        {
            Assert.False(FileLocks.TryTake(next, exclusively: true));
            Assert.True(FileLocks.TryTake(next, exclusively: false));
            Assert.Equal([child.ProcessId], FileLocks.OtherHolders(next));
            Assert.False(FileLocks.TryTake(next, exclusively: true));

            Assert.Null(child.ExitOfOther());
            child.Signal(9);
            Assert.True(child.HasEnded(timeoutMs: 30_000));
            Assert.Equal(new ProcessExit(ProcessExitKind.Killed, 9), child.ExitOfOther());
            child.Wait();
            Assert.True(FileLocks.TryTake(next, exclusively: true));
            Assert.Empty(FileLocks.OtherHolders(next));
        }
    }

    [Fact]
    public void A_child_that_does_not_get_the_lock_does_not_execute()
    {
        Fifo.Create(FifoPath);
        using Fifo other = Fifo.OpenForWriter(FifoPath);
        using Fifo console = Fifo.OpenForWriter(FifoPath);
        Assert.True(FileLocks.TryTake(other, exclusively: true));
        using SealedFile executable = SealedFile.OfExecutable("played", PlayedProgram.Exiting(0));
        using var spawner = new Spawner(LauncherCode.SpawnStub);

        LinuxException no = Assert.Throws<LinuxException>(() => spawner.Start(new SpawnRequest
        {
            Executable = executable, ProcessName = "played", Descriptors = [console, console], LockedDescriptor = 1,
        }));

        Assert.Equal("flock in the child", no.Call);
    }

    [Fact]
    public void The_end_of_a_process_is_told_to_whoever_holds_its_descriptor_before_and_after_its_parent_has_waited()
    {
        using SealedFile executable = SealedFile.OfExecutable("played", PlayedProgram.Exiting(42));
        using var spawner = new Spawner(LauncherCode.SpawnStub);
        using DeviceFile nothing = DeviceFile.OpenNull();
        using ProcessDescriptor child = spawner.Start(new SpawnRequest
        {
            Executable = executable, ProcessName = "played", Descriptors = [nothing],
        });
        using var other = ProcessDescriptor.Open(child.ProcessId);
        Assert.True(other.HasEnded(timeoutMs: 30_000));
        var end = new ProcessExit(ProcessExitKind.Exited, 42);
        Assert.Equal(end, other.ExitOfOther());

        child.Wait();

        // PIDFD_INFO_EXIT came with Linux 6.15.
        Assert.Equal(Environment.OSVersion.Version >= new Version(6, 15) ? end : null, other.ExitOfOther());
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
