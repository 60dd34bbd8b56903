using System.Numerics;
using Albatross.Solo5;

namespace Albatross.MachineCode.Model;

/// <summary>The hypercalls of section 6 in plain C#: what a round has to do, written without a look at the machine code.</summary>
internal sealed class Oracle
{
    internal const ulong GuestRip = 0x1234_5678_9abc_def0;
    internal const ulong WallClockSeconds = 1_700_000_000;
    internal const ulong WallClockNanoseconds = 123_456_789;

    private readonly HypercallCase _case;
    private readonly Func<ulong, ulong> _readGuest;
    private readonly Behaviour _behaviour = new();

    private Oracle(HypercallCase hypercall, Func<ulong, ulong> readGuest) => (_case, _readGuest) = (hypercall, readGuest);

    /// <summary>What has to happen; <paramref name="readGuest"/> reads 64 bits of guest memory, 0 where there is none.</summary>
    internal static Behaviour Expect(HypercallCase hypercall, Func<ulong, ulong> readGuest)
    {
        var oracle = new Oracle(hypercall, readGuest);
        oracle._behaviour.Ending = oracle.Round();
        return oracle._behaviour;
    }

    private string Round()
    {
        switch (_case.RunResult)
        {
            case -4:
                return Behaviour.Continues;
            case -14:
                return Dies($"KVM: host/guest translation fault: rip=0x{GuestRip:x}");
            case not 0:
                return Dies($"KVM: ioctl (RUN) failed: errno 0x{-_case.RunResult:x}");
        }

        switch (_case.ExitReason)
        {
            case 2:
                return Hypercall();
            case 9:
                return Dies($"KVM: entry failure: hw_entry_failure_reason=0x{_case.FailureDetail:x}");
            case 17:
                return Dies($"KVM: internal error exit: suberror=0x{(uint)_case.FailureDetail:x}");
            default:
                return Dies($"KVM: unhandled exit: exit_reason=0x{_case.ExitReason:x}, rip=0x{GuestRip:x}");
        }
    }

    private string Hypercall()
    {
        int number = _case.Number;
        if (_case.Direction != 1 || _case.WidthBytes != 4 || number is < 0 or > 8)
        {
            return Dies($"Invalid guest port access: port=0x{_case.Port:x}");
        }

        if (_case.DataOffset > ModelledUnikernel.KvmRunBytes - 4)
        {
            return Dies("KVM: bad io data offset");
        }

        if (number == 0 || (number is 4 or 5 && !_case.HasBlock) || (number is 6 or 7 && !_case.HasNet))
        {
            return Dies($"Invalid guest hypercall: num={number}");
        }

        ulong[] sizes = [0, 8, 16, 24, 40, 40, 32, 32, 16];
        SegmentAccess needed = number is 2 or 8 ? SegmentAccess.Read : SegmentAccess.Write;
        if (!ModelledUnikernel.Allows(_case.BlockAddress, sizes[number], needed))
        {
            return BadAccess(_case.BlockAddress, sizes[number]);
        }

        return number switch
        {
            1 => Walltime(),
            2 => Puts(Field(0), Field(1)),
            3 => Poll(Field(0)),
            4 or 5 => Block(Field(0), Field(1), Field(2), Field(3)),
            6 => NetWrite(Field(0), Field(1), Field(2)),
            7 => NetRead(Field(0), Field(1), Field(2)),
            _ => Halt(Field(0), Field(1)),
        };
    }

    private string Walltime()
    {
        _behaviour.Calls.Add("clock");
        return Stores(0, 8, (WallClockSeconds * 1_000_000_000) + WallClockNanoseconds);
    }

    private string Puts(ulong address, ulong length)
    {
        if (!ModelledUnikernel.Allows(address, length, SegmentAccess.Read))
        {
            return BadAccess(address, length);
        }

        for (int turn = 1; ; turn++)
        {
            _behaviour.Calls.Add($"write 1 {address:x} {length:x}");
            long written = _case.Transfer(length, turn);
            if (written == -4)
            {
                continue;
            }

            if (written is < 0 and not -11)
            {
                return Dies($"console write failed: errno 0x{-written:x}");
            }

            if (written == -11 || (ulong)written == length)
            {
                return Behaviour.Continues;
            }

            address += (ulong)written;
            length -= (ulong)written;
        }
    }

    private string Poll(ulong timeout)
    {
        if (timeout != 0)
        {
            _behaviour.Calls.Add($"timer {timeout / 1_000_000_000} {(timeout % 1_000_000_000) | 1}");
            if (_case.TimerResult < 0)
            {
                return Dies($"poll failed: errno 0x{-_case.TimerResult:x}");
            }
        }

        for (int i = 0; i <= _case.PollInterruptions; i++)
        {
            _behaviour.Calls.Add(timeout == 0 ? "ppoll zero" : "ppoll forever");
        }

        if (_case.PollResult < 0)
        {
            return Dies($"poll failed: errno 0x{-_case.PollResult:x}");
        }

        ulong taps = _case.HasNet ? _case.Ready & ((1UL << ModelledUnikernel.NetHandle) | (1UL << ModelledUnikernel.OtherNetHandle)) : 0;
        Stores(8, 8, taps);
        return Stores(16, 4, (ulong)BitOperations.PopCount(taps));
    }

    private string Block(ulong handle, ulong offset, ulong address, ulong length)
    {
        bool isWrite = _case.Number == 4;
        const ulong Capacity = ModelledUnikernel.CapacityBytes;
        if ((uint)handle != ModelledUnikernel.BlockHandle || offset >= Capacity || length > Capacity - offset)
        {
            return Stores(32, 4, 2);
        }

        if (!ModelledUnikernel.Allows(address, length, isWrite ? SegmentAccess.Read : SegmentAccess.Write))
        {
            return BadAccess(address, length);
        }

        string call = isWrite ? "pwrite" : "pread";
        _behaviour.Calls.Add($"{call} {ModelledUnikernel.BlockDescriptor} {address:x} {length:x} {offset:x}");
        long done = _case.Transfer(length, 1);
        return done == (long)length
            ? Stores(32, 4, 0)
            : Dies($"Fatal error when {(isWrite ? "writing" : "reading")}: 0x{done:x} of 0x{length:x} bytes");
    }

    private string NetWrite(ulong handle, ulong address, ulong length)
    {
        if (ModelledUnikernel.TapOf((uint)handle) is not { } tap)
        {
            return Stores(24, 4, 2);
        }

        if (!ModelledUnikernel.Allows(address, length, SegmentAccess.Read))
        {
            return BadAccess(address, length);
        }

        _behaviour.Calls.Add($"write {tap} {address:x} {length:x}");
        long done = _case.Transfer(length, 1);
        return done == (long)length ? Stores(24, 4, 0) : Dies($"Fatal error when writing: 0x{done:x} of 0x{length:x} bytes");
    }

    private string NetRead(ulong handle, ulong address, ulong length)
    {
        if (ModelledUnikernel.TapOf((uint)handle) is not { } tap)
        {
            return Stores(24, 4, 2);
        }

        if (!ModelledUnikernel.Allows(address, length, SegmentAccess.Write))
        {
            return BadAccess(address, length);
        }

        _behaviour.Calls.Add($"read {tap} {address:x} {length:x}");
        long done = _case.Transfer(length, 1);
        if (done is 0 or -11)
        {
            return Stores(24, 4, 1);
        }

        if (done < 0)
        {
            return Dies($"Fatal error when reading: errno 0x{-done:x}");
        }

        Stores(16, 8, (ulong)done);
        return Stores(24, 4, 0);
    }

    private static string Halt(ulong cookie, ulong status) => cookie != 0 && !ModelledUnikernel.Allows(cookie, 512, SegmentAccess.Read)
        ? BadAccess(cookie, 512)
        : $"exit {(byte)status}";

    private ulong Field(int index) => _readGuest(_case.BlockAddress + (8UL * (ulong)index));

    private string Stores(ulong offset, int bytes, ulong value)
    {
        _behaviour.Stores.Add((_case.BlockAddress + offset, bytes, value));
        return Behaviour.Continues;
    }

    private static string Dies(string message) => $"dies: hvt: {message}";

    private static string BadAccess(ulong address, ulong length) => Dies($"Invalid guest access: gpa=0x{address:x}, sz=0x{length:x}");
}
