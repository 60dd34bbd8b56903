using Albatross.Guests;
using static Albatross.Guests.RangeGuests;

namespace Albatross.HostTests.Expectations;

/// <summary>Section 6 of the hvt specification: what a guest may ask for, and how one ends that asks for something else.</summary>
internal static class HypercallExpectations
{
    private const int WallTime = 1, PutsCall = 2, Poll = 3, BlockWrite = 4, BlockRead = 5, NetWrite = 6, NetRead = 7, HaltCall = 8;
    private const ulong Heap = 0x18_0000, MinusHeap = ulong.MaxValue - Heap + 1, High = 1UL << 32;
    private const int Ok = 0, Invalid = 2;

    internal static IEnumerable<Expectation> All => [.. Ports, .. Pointers, .. Protected, .. Disks, .. OtherExits, .. Data];

    private static IEnumerable<Expectation> Ports =>
    [
        Dies("another port", () => Port(0x3f8, 1, isWrite: true), "Invalid guest port access: port=0x3f8"),
        Dies("a port below the first", () => Port(0x4ff, 4, isWrite: true), "Invalid guest port access: port=0x4ff"),
        Dies("a port behind the last", () => Port(0x509, 4, isWrite: true), "Invalid guest port access: port=0x509"),
        Dies("the port of the ring", () => Port(0x600, 4, isWrite: true), "Invalid guest port access: port=0x600"),
        Dies("8 bits", () => Port(0x502, 1, isWrite: true), "Invalid guest port access: port=0x502"),
        Dies("16 bits", () => Port(0x502, 2, isWrite: true), "Invalid guest port access: port=0x502"),
        Dies("an input", () => Port(0x502, 4, isWrite: false), "Invalid guest port access: port=0x502"),
        Dies("number 0", () => Port(0x500, 4, isWrite: true), "Invalid guest hypercall: num=0"),
        Dies("a disk's call without a disk", () => CallWith(BlockRead, 1, 0, Heap, 512, 9), "Invalid guest hypercall: num=5"),
        Dies("a network's call without a network", () => CallWith(NetRead, 1, Heap, 1514, 9), "Invalid guest hypercall: num=7"),
        WithDisk(Dies(
            "a network's call with a disk only", () => DiskCallWith(NetWrite, 1, Heap, 60, 9), "Invalid guest hypercall: num=6")),
    ];

    private static IEnumerable<Expectation> Pointers =>
    [
        Bad("a block at the end of memory", () => Call(WallTime, MemoryEnd), MemoryEnd, 8),
        Bad("a block beyond memory", () => Call(PutsCall, 0xffff_fff0), 0xffff_fff0, 16),
        Bad("a block up to the end of memory", () => Call(WallTime, MemoryEnd - 8), MemoryEnd - 8, 8),
        Survives("a block up to the last byte but one", () => Call(WallTime, MemoryEnd - 9)),
        Bad("a buffer at the end of memory", () => CallWith(PutsCall, MemoryEnd, 1), MemoryEnd, 1),
        Bad("an empty buffer at the end of memory", () => CallWith(PutsCall, MemoryEnd, 0), MemoryEnd, 0),
        Bad("a buffer up to the end of memory", () => CallWith(PutsCall, MemoryEnd - 16, 16), MemoryEnd - 16, 16),
        Bad("a length that wraps", () => CallWith(PutsCall, Heap, ulong.MaxValue), Heap, ulong.MaxValue),
        Bad("a sum that wraps", () => CallWith(PutsCall, Heap, MinusHeap), Heap, MinusHeap),
        Bad("an address above 4 GiB", () => CallWith(PutsCall, High + Heap, 1), High + Heap, 1),
        Survives("an empty buffer", () => CallWith(PutsCall, Heap, 0)),
        Bad("a cookie beyond memory", () => CallWith(HaltCall, MemoryEnd - 512, 0), MemoryEnd - 512, 512),
        Row("a cookie in memory") with { Guest = () => CallWith(HaltCall, Heap, 7), Status = 7 },
    ];

    private static IEnumerable<Expectation> Protected =>
    [
        Bad("the clock into read-only data", () => Call(WallTime, ReadOnly), ReadOnly, 8),
        Bad("the clock into text", () => Call(WallTime, (uint)GuestBuilder.TextAddress), GuestBuilder.TextAddress, 8),
        Bad("a poll's result into read-only data", () => Call(Poll, ReadOnly), ReadOnly, 24),
        Bad("a poll's result across the start of read-only data", () => Call(Poll, ReadOnly - 8), ReadOnly - 8, 24),
        Survives("a console text from read-only data", () => CallWith(PutsCall, ReadOnly, 15)) with { Output = "read only data\nsurvived\n" },
        Bad("a console text that nobody may read", () => CallWith(PutsCall, Unreadable, 1), Unreadable, 1),
        Bad("a console text across that", () => CallWith(PutsCall, Unreadable - 8, 16), Unreadable - 8, 16),
        Survives("an empty console text there", () => CallWith(PutsCall, Unreadable, 0)),
        Bad("a block that nobody may read", () => Call(PutsCall, Unreadable), Unreadable, 16),
        Bad("a cookie that nobody may read", () => CallWith(HaltCall, Unreadable, 0), Unreadable, 512),
        WithDisk(Bad("a disk's block in read-only data", () => DiskCall(BlockRead, ReadOnly), ReadOnly, 40)),
        WithDisk(Bad("a sector into read-only data", () => DiskCallWith(BlockRead, 1, 0, ReadOnly, 512, 9), ReadOnly, 512)),
        WithDisk(Bad("a sector into what nobody may write", () => DiskCallWith(BlockRead, 1, 0, Unreadable, 512, 9), Unreadable, 512)),
        WithDisk(Bad("a sector from what nobody may read", () => DiskCallWith(BlockWrite, 1, 0, Unreadable, 512, 9), Unreadable, 512)),
        Result("a sector from read-only data", Ok, BlockWrite, 1, 0, ReadOnly, 512, 9),
        WithDisk(Bad("a sector beyond memory", () => DiskCallWith(BlockRead, 1, 0, MemoryEnd - 511, 512, 9), MemoryEnd - 511, 512)),
    ];

    private static IEnumerable<Expectation> Disks =>
    [
        Result("a handle of the reserved entry", Invalid, BlockRead, 0, 0, Heap, 512, 9),
        Result("a handle behind the last", Invalid, BlockRead, 2, 0, Heap, 512, 9),
        Result("a wild handle", Invalid, BlockWrite, 0xffff_ffff, 0, Heap, 512, 9),
        Result("a handle of which the low half counts", Ok, BlockRead, High | 1, 0, Heap, 512, 9),
        Result("the last sector", Ok, BlockWrite, 1, 3584, Heap, 512, 9),
        Result("a transfer of any length at any offset", Ok, BlockRead, 1, 100, Heap, 1000, 9),
        Result("nothing", Ok, BlockRead, 1, 0, Heap, 0, 9),
        Result("an offset at the end", Invalid, BlockRead, 1, 4096, Heap, 0, 9),
        Result("a transfer across the end", Invalid, BlockWrite, 1, 3585, Heap, 512, 9),
        Result("an offset that wraps", Invalid, BlockRead, 1, ulong.MaxValue, Heap, 512, 9),
        Result("a length of a disk that wraps", Invalid, BlockWrite, 1, 512, Heap, ulong.MaxValue - 511, 9),
    ];

    private static IEnumerable<Expectation> OtherExits =>
    [
        Dies("a triple fault", SampleGuests.ByName["triple-fault"], "KVM: unhandled exit: exit_reason=0x8, rip=0x100003"),
        Dies("a halted processor", SampleGuests.ByName["hlt"], "KVM: unhandled exit: exit_reason=0x5, rip=0x100004"),
        Row("a write to text") with
        {
            Section = "1.2",
            Guest = () => SampleGuests.WriteToText(),
            Status = 1,
            Error = "hvt: KVM: host/guest translation fault: rip=0x…\n",
            OrErrorOfSoftwareVirtualisation = "hvt: KVM: unhandled exit: exit_reason=0x6, rip=0x…\n",
        },
    ];

    private static IEnumerable<Expectation> Data =>
    [
        Row("data is executable") with
        {
            Section = "1.2",
            Guest = () => SuiteGuests.ByName["wnox"](GuestTarget.Hvt),
            Output = "executed\n",
        },
        Ends(0, 0),
        Ends(42, 42),
        Ends(255, 255),
        Ends(256, 0),
        Ends(-2, 254),
    ];

    private static Expectation Row(string name) => new(GuestTarget.Hvt, "6", name) { Guest = () => SampleGuests.Hello() };

    private static Expectation Survives(string name, Func<byte[]> guest) => Row(name) with { Guest = guest, Output = "survived\n" };

    private static Expectation Ends(int asked, int seen) =>
        Row($"status {asked}") with { Guest = () => SampleGuests.Exit(asked), Status = seen };

    private static Expectation Dies(string name, Func<byte[]> guest, string message) => Row(name) with
    {
        Guest = guest,
        Status = 1,
        Error = $"hvt: {message}\n",
    };

    private static Expectation Bad(string name, Func<byte[]> guest, ulong address, ulong length) =>
        Dies(name, guest, $"Invalid guest access: gpa=0x{address:x}, sz=0x{length:x}");

    private static Expectation Result(string name, int result, int call, params ulong[] words) => WithDisk(Row(name)) with
    {
        Guest = () => DiskResult(call, result, words),
        Output = "survived\n",
    };

    /// <summary>With a disk of eight sectors.</summary>
    private static Expectation WithDisk(Expectation row) => row with
    {
        Disks = [4096],
        Options = ["--mem=2", "--block:storage={disk0}"],
    };
}
