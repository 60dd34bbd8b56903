using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Launch;

namespace Albatross.Tests.Linux;

/// <summary>Children started by the machine code stub; they play system calls and need neither KVM nor root.</summary>
public sealed class SpawnerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(255)]
    public void A_childs_status_comes_back(int status)
    {
        using ProcessDescriptor child = Start(PlayedProgram.Exiting(status));
        Assert.Equal(new ProcessExit(ProcessExitKind.Exited, status), child.Wait());
    }

    [Fact]
    public void A_child_has_the_requested_descriptors_and_no_other()
    {
        // dup(2) gives the lowest free number: it is 3 only if 0, 1 and 2 are open and 3 is not, and so on for all that follow.
        const int Dup = 32;
        byte[] program = PlayedProgram.Build(table =>
        {
            for (uint next = 3; next < 300; next++)
            {
                table.MustEqual($"dup to {next}", next, Dup, 0);
            }

            table.Ignore(SystemCallNumber.ExitGroup, 42);
        });
        using DeviceFile leaked = DeviceFile.OpenNull();
        using ProcessDescriptor child = Start(program);
        Assert.Equal(42, child.Wait().Number);
    }

    [Fact]
    public void A_result_that_was_not_foreseen_ends_the_program_with_status_1()
    {
        byte[] program = PlayedProgram.Build(table =>
        {
            table.MustEqual("read", 8, SystemCallNumber.Read, 0, ProcessLayout.Scratch, 8);
            table.Ignore(SystemCallNumber.ExitGroup, 42);
        });
        using ProcessDescriptor child = Start(program);
        Assert.Equal(1, child.Wait().Number);
    }

    [Fact]
    public void Sources_that_overlap_with_final_numbers_are_not_mixed_up()
    {
        using DeviceFile nothing = DeviceFile.OpenNull();
        using TimerDescriptor timer = TimerDescriptor.Create();
        using SealedFile file = SealedFile.Of("content", "content"u8);
        byte[] program = PlayedProgram.Build(table =>
        {
            table.MustEqual("file", 7, SystemCallNumber.Pread, 0, ProcessLayout.Scratch, 16, 0);
            table.MustEqual("null", 0, SystemCallNumber.Read, 1, ProcessLayout.Scratch, 16);
            table.MustEqual("file again", 7, SystemCallNumber.Pread, 2, ProcessLayout.Scratch, 16, 0);
            table.MustSucceed("timer", SystemCallNumber.TimerfdSettime, 3, 0, ProcessLayout.Scratch + 64, 0);
            table.Ignore(SystemCallNumber.ExitGroup, 42);
        });
        using SealedFile executable = SealedFile.OfExecutable("played", program);
        using var spawner = new Spawner(LauncherCode.SpawnStub);
        using ProcessDescriptor child = spawner.Start(new SpawnRequest
        {
            Executable = executable,
            ProcessName = "played",
            Descriptors = [file, nothing, file, timer],
        });
        Assert.Equal(42, child.Wait().Number);
    }

    [Fact]
    public void A_file_that_is_no_executable_is_an_exception_that_names_the_call()
    {
        using SealedFile nothing = SealedFile.OfExecutable("nothing", "no ELF"u8);
        using var spawner = new Spawner(LauncherCode.SpawnStub);
        const int NoExecutable = 8;
        var e = Assert.Throws<LinuxException>(() => spawner.Start(Request(nothing)));
        Assert.Equal(("execveat in the child", NoExecutable), (e.Call, e.Errno));
    }

    [Fact]
    public void A_row_of_the_caller_that_fails_is_named_by_its_system_call()
    {
        const int Chroot = 161;
        var row = new byte[64];
        row[0] = Chroot;
        using SealedFile executable = SealedFile.OfExecutable("played", PlayedProgram.Exiting(0));
        using var spawner = new Spawner(LauncherCode.SpawnStub);
        var e = Assert.Throws<LinuxException>(() => spawner.Start(Request(executable) with { Rows = row }));
        Assert.Equal("system call 161 in the child", e.Call);
    }

    [Fact]
    public void A_script_of_the_host_is_started_by_its_path_with_arguments_and_without_environment()
    {
        string script = Path.GetTempFileName();
        string output = Path.GetTempFileName();
        try
        {
            File.WriteAllText(script, $"#!/bin/sh\n{{ printf '%s|' \"$0\" \"$@\"; tr '\\0' ' ' </proc/self/environ; }} >{output}\nexit 42\n");
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            using DeviceFile nothing = DeviceFile.OpenNull();
            using var spawner = new Spawner(LauncherCode.SpawnStub);
            using ProcessDescriptor child = spawner.Start(new SpawnRequest
            {
                ProgramPath = script,
                ProcessName = "called",
                Arguments = ["one"u8.ToArray(), "two words"u8.ToArray(), ""u8.ToArray()],
                Descriptors = [nothing, nothing, nothing],
            });

            Assert.Equal(42, child.Wait().Number);
            Assert.StartsWith($"{script}|one|two words||", File.ReadAllText(output), StringComparison.Ordinal);
            Assert.DoesNotContain("HOME=", File.ReadAllText(output), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(script);
            File.Delete(output);
        }
    }

    [Fact]
    public void An_executable_is_held_or_named()
    {
        using DeviceFile nothing = DeviceFile.OpenNull();
        using var spawner = new Spawner(LauncherCode.SpawnStub);
        var request = new SpawnRequest { ProcessName = "none", Descriptors = [nothing] };

        Assert.Throws<ArgumentException>(() => spawner.Start(request));
        Assert.Throws<ArgumentException>(() => spawner.Start(request with { Executable = nothing, ProgramPath = "/bin/true" }));
    }

    [Fact]
    public void A_child_inherits_the_CPUs_to_which_its_thread_is_bound_and_the_thread_gets_its_own_back()
    {
        string before = AllowedCpus("thread-self");
        string bound, after;
        using (ProcessDescriptor child = StartBound(out bound))
        {
            after = AllowedCpus("thread-self");
            string inherited = AllowedCpus($"{child.ProcessId}");
            child.Signal(9);
            child.Wait();
            Assert.Equal("0", inherited);
        }

        Assert.Equal(("0", before), (bound, after));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(8191)]
    [InlineData(8192)]
    public void A_CPU_that_this_machine_lacks_is_an_exception(int cpu)
    {
        const int Invalid = 22;
        var e = Assert.Throws<LinuxException>(() =>
        {
            using var bound = new CpuAffinity([cpu]);
        });
        Assert.Equal(Invalid, e.Errno);
    }

    private static ProcessDescriptor StartBound(out string bound)
    {
        using var affinity = new CpuAffinity([0]);
        bound = AllowedCpus("thread-self");
        return Start(PlayedProgram.Sleeping());
    }

    private static string AllowedCpus(string process)
    {
        const string Field = "Cpus_allowed_list:";
        return File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith(Field, StringComparison.Ordinal))[Field.Length..].Trim();
    }

    [Fact]
    public void A_child_leads_a_session_of_its_own_and_dies_of_SIGTERM()
    {
        using ProcessDescriptor child = Start(PlayedProgram.Sleeping());
        string[] status = File.ReadAllText($"/proc/{child.ProcessId}/stat").Split(' ');
        Assert.Equal($"{child.ProcessId}", status[5]);
        Assert.False(child.HasEnded());
        Assert.True(child.Signal(15));
        Assert.True(child.HasEnded(timeoutMs: 5000));
        ProcessExit exit = child.Wait();
        Assert.Equal((new ProcessExit(ProcessExitKind.Killed, 15), 143), (exit, exit.ShellStatus));
        Assert.False(child.Signal(15));
    }

    [Fact]
    public void A_status_can_be_taken_once()
    {
        const int NoChild = 10;
        using ProcessDescriptor child = Start(PlayedProgram.Exiting(3));
        child.Wait();
        Assert.Equal(NoChild, Assert.Throws<LinuxException>(() => child.Wait()).Errno);
    }

    [Fact]
    public async Task Four_threads_start_a_hundred_children_each_while_a_fifth_collects_garbage()
    {
        const int Threads = 4, Starts = 100;
        byte[] program = PlayedProgram.Exiting(42);
        using var spawner = new Spawner(LauncherCode.SpawnStub);
        using var stop = new CancellationTokenSource();
        Task garbage = Task.Run(() => MakeGarbage(stop.Token), TestContext.Current.CancellationToken);
        var statuses = new int[Threads * Starts];
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(t => new Thread(() =>
        {
            for (int i = 0; i < Starts; i++)
            {
                using SealedFile executable = SealedFile.OfExecutable("played", program);
                using ProcessDescriptor child = spawner.Start(Request(executable));
                statuses[(t * Starts) + i] = child.Wait().ShellStatus;
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        await stop.CancelAsync();
        await garbage;
        Assert.All(statuses, status => Assert.Equal(42, status));
    }

    private static void MakeGarbage(CancellationToken stop)
    {
        var kept = new List<byte[]>();
        while (!stop.IsCancellationRequested)
        {
            kept.Add(new byte[10_000]);
            if (kept.Count > 200)
            {
                kept.Clear();
                GC.Collect();
            }
        }
    }

    private static ProcessDescriptor Start(byte[] program)
    {
        using SealedFile executable = SealedFile.OfExecutable("played", program);
        using var spawner = new Spawner(LauncherCode.SpawnStub);
        return spawner.Start(Request(executable));
    }

    private static SpawnRequest Request(SealedFile executable)
    {
        // Left to the finalizer: the request outlives this method.
        DeviceFile nothing = DeviceFile.OpenNull();
        return new SpawnRequest { Executable = executable, ProcessName = "played", Descriptors = [nothing, nothing, nothing] };
    }
}
