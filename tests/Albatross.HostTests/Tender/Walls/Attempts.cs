using System.Collections.Immutable;
using Albatross.Linux;
using static Albatross.HostTests.Tender.Walls.Wall;

namespace Albatross.HostTests.Tender.Walls;

/// <summary>
/// What hostile programs try. Numbers are those of system calls on x86-64; error numbers: 1 EPERM, 2 ENOENT, 9 EBADF, 11 EAGAIN, 12 ENOMEM,
/// 13 EACCES, 24 EMFILE. The empty root may be entered by root only, hence EACCES at it, and ENOENT for its owner.
/// </summary>
internal static partial class Attempts
{
    private const int Openat = 257, Socket = 41, Connect = 42, Unshare = 272, Execve = 59, Mmap = 9, Prctl = 157, Ioctl = 16;
    private const ulong Here = unchecked((ulong)-100), NoDescriptor = ulong.MaxValue;

    internal static ImmutableArray<Attempt> All { get; } =
        [.. Files(), .. Networks(), .. Processes(), .. Programs(), .. Memory(), .. Disks(), .. Rights(), .. Calls(), .. Machine()];

    private static Stop Filtered => new(Filter, new ProcessExit(ProcessExitKind.Killed, 31));

    private static Stop NoNumber => Fails(DescriptorLimit, 24);

    private static Stop Fails(Wall wall, int error, Targets targets = Targets.Both) =>
        new(wall, new ProcessExit(ProcessExitKind.Exited, error), targets);

    private static Stop Killed(Wall wall, int signal) => new(wall, new ProcessExit(ProcessExitKind.Killed, signal));

    private static IEnumerable<Attempt> Files() =>
    [
        new("read a file of the host", c => c.Call(Openat, Here, c.Text("/etc/passwd"), 0), Filtered, NoNumber, Fails(Landlock, 13), Fails(EmptyRoot, 13)),
        new("make a file", c => c.Call(Openat, Here, c.Text("/tmp"), 0x41_0002, 0x180), Filtered, NoNumber, Fails(Landlock, 13), Fails(EmptyRoot, 13)),
        new("see another process in /proc", c => c.Call(Openat, Here, c.Text("/proc/1/status"), 0), Filtered, NoNumber, Fails(Landlock, 13), Fails(EmptyRoot, 13)),
        new("ask whether a file is there", c => c.Call(269, Here, c.Text("/etc/passwd"), 0), Filtered, Fails(EmptyRoot, 13)),
        new("open its own memory by /proc", c => c.Call(Openat, Here, c.Text("/proc/self/mem"), 2), Filtered, NoNumber, Fails(Landlock, 13), Fails(Dumpable, 13))
        {
            Starter = Starter.Nobody,
        },
        new("read a file of the host as the owner of its root", c => c.Call(Openat, Here, c.Text("/etc/passwd"), 0), Fails(EmptyRoot, 2))
        {
            AlsoOut = [Filter, DescriptorLimit, Landlock, OwnUser],
        },
        new("read a descriptor that its starter left open", c => c.Call(0, c.FirstOwn + 4, c.Page, 1), Filtered, Fails(ClosedDescriptors, 9)),
        new("read its standard input", c => c.Call(0, 0, c.Page, 1), Filtered),
        new("duplicate a descriptor", c => c.Call(32, 1), Filtered, NoNumber),
        new("make a pipe", c => c.Call(293, c.Page, 0), Filtered, NoNumber),
        new("make a file in memory", c => c.Call(319, c.Text("x"), 0), Filtered, NoNumber),
        new("watch files", c => c.Call(294, 0), Filtered, NoNumber),
    ];

    private static IEnumerable<Attempt> Networks() =>
    [
        new("make a socket", c => c.Call(Socket, 2, 1, 0), Filtered, NoNumber),
        new("connect over TCP", ConnectByTcp, Filtered, NoNumber, Fails(Landlock, 13)),
        new("connect to an abstract socket", ConnectByName, Filtered, NoNumber, Fails(Landlock, 1)),
    ];

    private static IEnumerable<Attempt> Processes() =>
    [
        new("signal another process", c => c.Call(62, (ulong)c.Context.OtherProcess, 0), Filtered, Fails(OwnUser, 1), Fails(Landlock, 1)),
        new("trace another process", c => c.Call(101, 0x4206, (ulong)c.Context.OtherProcess, 0, 0), Filtered, Fails(Landlock, 1))
        {
            Starter = Starter.Nobody,
        },
        new("take a descriptor of another process", TakeDescriptor, Filtered, NoNumber, Fails(Landlock, 1)) { Starter = Starter.Nobody },
        new("fork", c => c.Call(57), Filtered, Fails(ProcessLimit, 11, Targets.Spt)),
        new("start a thread", c => c.Call(56, 0x5_0f00, 0, 0, 0, 0), Filtered, Fails(ProcessLimit, 11, Targets.Spt)),
        new("make a user namespace", c => c.Call(Unshare, 0x1000_0000), Filtered, Fails(EmptyRoot, 1)),
    ];

    private static IEnumerable<Attempt> Programs() =>
    [
        new("execute a program", c => Execute(c, "/bin/true"), Filtered, Fails(Landlock, 13), Fails(EmptyRoot, 13), Killed(AddressSpaceLimit, 11), Fails(DescriptorLimit, 127))
        {
            Success = new ProcessExit(ProcessExitKind.Exited, 0),
        },
        new("become root by a set-user-ID program", c => Execute(c, c.Context.Printer, c.Context.Secret), Fails(NoNewPrivileges, 1))
        {
            Starter = Starter.Nobody,
            AlsoOut = [Filter, Landlock, AddressSpaceLimit, DescriptorLimit],
            Success = new ProcessExit(ProcessExitKind.Exited, 0),
        },
        new("get capabilities of root by executing", c => Execute(c, "/bin/cat", c.Context.Secret), Fails(NoNewPrivileges, 1), Fails(CapabilityBounds, 1), Fails(OwnUser, 1))
        {
            AlsoOut = [Filter, Landlock, EmptyRoot, AddressSpaceLimit, DescriptorLimit],
            Success = new ProcessExit(ProcessExitKind.Exited, 0),
        },
    ];

    private static IEnumerable<Attempt> Memory() =>
    [
        new("map executable memory", c => c.Call(Mmap, 0, 4096, 7, 0x22, NoDescriptor, 0), Filtered, Fails(ExecGainRefusal, 13), Fails(AddressSpaceLimit, 12)),
        new("make its data executable", c => c.Call(10, c.Page, 4096, 5), Filtered, Fails(ExecGainRefusal, 13)),
        new("allow executable memory again", c => c.Call(Prctl, 65, 0, 0, 0, 0), Filtered, Fails(ExecGainRefusal, 1)),
        new("map more memory", c => c.Call(Mmap, 0, 1 << 20, 3, 0x22, NoDescriptor, 0), Filtered, Fails(AddressSpaceLimit, 12)),
        new("pin memory", c => c.Call(149, c.Page, 4096), Filtered, Fails(LockedMemoryLimit, 1)),
        new("unmap memory", c => c.Call(11, c.Page, 4096), Filtered),
        new("change the table of calls", c => Store(c, 0x2_0000), Killed(ReadOnlyTable, 11)),
        new("change the code", c => Store(c, 0x1_0200), Killed(ReadOnlyCode, 11)),
        new("read the stack of the start", ReadStack, Killed(UnmappedStack, 11)) { For = Targets.Hvt },
        new("run with readable memory executable", c => c.Call(135, 0x40_0000), Filtered),
    ];

    private static IEnumerable<Attempt> Disks() =>
    [
        new("write behind its disk", c => c.Call(18, c.Disk, c.Page, 512, HostileContext.DiskBytes), Filtered, Killed(FileSizeLimit, 25))
        {
            DiskAfterwards = HostileContext.DiskBytes + 512,
        },
        new("write across the end of its disk", WriteAcross, Fails(FileSizeLimit, HostileCode.Different))
        {
            For = Targets.Hvt,
            DiskAfterwards = (2 * HostileContext.DiskBytes) - 512,
        },
        new("shorten its disk", c => c.Call(77, c.Disk, 0), Filtered) { DiskAfterwards = 0 },
        new("lengthen its disk", c => c.Call(77, c.Disk, 2 * HostileContext.DiskBytes), Filtered, Killed(FileSizeLimit, 25))
        {
            DiskAfterwards = 2 * HostileContext.DiskBytes,
        },
    ];

    private static IEnumerable<Attempt> Rights() =>
    [
        new("become root again", c => c.Call(117, 0, 0, 0), Filtered, Fails(OwnUser, 1)),
        new("take a capability", TakeCapability, Filtered, Fails(OwnUser, 1), Fails(Capabilities, 1)),
        new("join a group", c => c.Call(116, 1, c.Words(0)), Filtered, Fails(OwnUser, 1), Fails(Capabilities, 1)),
        new("change its root", c => c.Call(161, c.Text(".")), Filtered, Fails(OwnUser, 1), Fails(Capabilities, 1)) { AlsoOut = [EmptyRoot] },
        new("make a network namespace", c => c.Call(Unshare, 0x4000_0000), Filtered, Fails(OwnUser, 1), Fails(Capabilities, 1)),
        new("raise the limit of core dumps", c => c.Call(160, 4, c.Words(1, 1)), Filtered, Fails(CoreLimit, 1)),
        new("be dumpable again", c => c.Call(Prctl, 4, 1, 0, 0, 0), Filtered),
    ];

    private static IEnumerable<Attempt> Calls() =>
    [
        new("ask for its number", c => c.Call(39), Filtered),
        new("ask for its number by the 32-bit entry", AskBy32Bits, Filtered),
        new("catch a signal", c => c.Call(13, 10, 0, c.Page, 8), Filtered),
        new("set another thread register", c => c.Call(158, 0x1001, 0), Filtered),
        new("read its thread register", c => c.Call(158, 0x1003, c.Page), Filtered),
        new("ask for what the filter may answer", c => c.Call(317, 2, 0, c.Words(0x7fff_0000)), Filtered),
        new("choose its CPUs", c => c.Call(203, 0, 8, c.Words(ulong.MaxValue)), Filtered),
        new("sleep in another way", c => c.Call(35, c.Words(0, 1), 0), Filtered),
    ];

    private static IEnumerable<Attempt> Machine() =>
    [
        new("write its own messages", c => c.Call(1, 2, c.Page, 1), Filtered),
        new("make another virtual machine", c => c.Call(Ioctl, 3, 0xAE01, 0), Filtered, NoNumber, Fails(ClosedKvm, 9))
        {
            For = Targets.Hvt,
            AlsoOut = [Landlock],
        },
        new("make another vCPU", c => c.Call(Ioctl, 4, 0xAE41, 1), Filtered, NoNumber, Fails(ClosedMachine, 9)) { For = Targets.Hvt },
        new("set the vCPU's registers", c => c.Call(Ioctl, c.FirstOwn, 0x4090_AE82, c.Reserve(144)), Filtered) { For = Targets.Hvt },
        new("read the vCPU's registers elsewhere", c => c.Call(Ioctl, c.FirstOwn, 0x8090_AE81, c.Reserve(144)), Filtered) { For = Targets.Hvt },
        new("set the vCPU's special registers", SetSpecialRegisters, Filtered) { For = Targets.Hvt },
        new("print the table of calls", c => c.Call(1, 1, 0x2_0000, 1), Filtered) { For = Targets.Hvt },
        new("print its constants", c => c.Call(1, 1, 0x1_2000, 1), Filtered) { For = Targets.Hvt },
        new("wait in another way", c => c.Call(7, c.Words(1), 0, 0), Filtered),
    ];
}
