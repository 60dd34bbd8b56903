using System.Buffers.Binary;
using System.Text;
using Albatross.MachineCode.Source;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Iced.Intel;

namespace Albatross.MachineCode.Model;

/// <summary>
/// The memory of a running unikernel and a kernel that answers its system calls as a case says. A system call with arguments that the real
/// filter would kill, or with a buffer outside guest memory, is an error.
/// </summary>
internal sealed class ModelledProcess
{
    private static readonly Register[] Registers =
    [
        Register.RAX, Register.RCX, Register.RDX, Register.RBX, Register.RSP, Register.RBP, Register.RSI, Register.RDI,
        Register.R8, Register.R9, Register.R10, Register.R11, Register.R12, Register.R13, Register.R14, Register.R15,
    ];

    private readonly AssembledCode _code;
    private readonly Interpreter _interpreter;
    private readonly MemoryRegion _constants;
    private readonly MemoryRegion _scratch;
    private readonly MemoryRegion _kvmRun;
    private readonly MemoryRegion _guest;
    private HypercallCase _case = null!;
    private Behaviour _behaviour = new();
    private string? _message;
    private int _transfers;
    private int _polls;
    private bool _hasRun;

    internal ModelledProcess(AssembledCode code)
    {
        _code = code;
        _interpreter = new Interpreter(code);
        _constants = new MemoryRegion("constants", ProcessLayout.Constants, new byte[0x1000], IsWritable: false);
        _scratch = new MemoryRegion("scratch", ProcessLayout.Scratch, new byte[0x1000], IsWritable: true);
        _kvmRun = new MemoryRegion("kvm_run", ProcessLayout.KvmRun, new byte[ModelledUnikernel.KvmRunBytes], IsWritable: false);
        _guest = new MemoryRegion("guest", ProcessLayout.Guest, new byte[ModelledUnikernel.MemoryBytes], IsWritable: true);
        foreach (MemoryRegion region in (MemoryRegion[])[_constants, _scratch, _kvmRun, _guest])
        {
            _interpreter.Add(region);
        }

        var stores = new List<(ulong Address, int Bytes)>();
        _interpreter.OnStore = (region, address, bytes) =>
        {
            if (region == _guest)
            {
                stores.Add((address, bytes));
            }
        };
        _interpreter.OnSystemCall = _ => Answer();
        GuestStores = stores;
    }

    internal Interpreter Interpreter => _interpreter;

    private List<(ulong Address, int Bytes)> GuestStores { get; }

    /// <summary>Puts the case into memory; afterwards the oracle may read it.</summary>
    internal void Prepare(HypercallCase hypercall)
    {
        _case = hypercall;
        var devices = ModelledUnikernel.Devices(hypercall.HasBlock, hypercall.HasNet);
        GuestMemorySize.TryFromMebibytes(ModelledUnikernel.MemoryBytes >> 20, out GuestMemorySize memory, out _);
        Fill(_constants, HvtConstants.Build(
            memory,
            ModelledUnikernel.KvmRunBytes,
            ModelledUnikernel.Vcpu,
            0,
            ModelledUnikernel.ManifestEntries,
            devices,
            ModelledUnikernel.Segments));
        Fill(_scratch, HvtConstants.BuildScratch(devices));
        for (int i = 0; i < hypercall.Fields.Length; i++)
        {
            ulong at = ProcessLayout.Guest + hypercall.BlockAddress + (8 * (ulong)i);
            if (_guest.Contains(at, 8))
            {
                BinaryPrimitives.WriteUInt64LittleEndian(_guest.At(at, 8), hypercall.Fields[i]);
            }
        }

        Span<byte> run = _kvmRun.Bytes;
        BinaryPrimitives.WriteUInt32LittleEndian(run[(int)KvmRunLayout.ExitReason..], hypercall.ExitReason);
        BinaryPrimitives.WriteUInt64LittleEndian(run[(int)KvmRunLayout.FailureDetail..], hypercall.FailureDetail);
        BinaryPrimitives.WriteUInt64LittleEndian(run[(int)KvmRunLayout.IoDataOffset..], hypercall.DataOffset);
        if (hypercall.DataOffset <= ModelledUnikernel.KvmRunBytes - 4)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(run[(int)hypercall.DataOffset..], hypercall.BlockAddress);
        }
    }

    /// <summary>64 bits of guest memory, 0 outside it.</summary>
    internal ulong ReadGuest(ulong address) => _guest.Contains(ProcessLayout.Guest + address, 8)
        ? BinaryPrimitives.ReadUInt64LittleEndian(_guest.At(ProcessLayout.Guest + address, 8))
        : 0;

    /// <summary>Interprets one round.</summary>
    internal Behaviour Round()
    {
        _behaviour = new Behaviour();
        _message = null;
        _transfers = 0;
        _polls = 0;
        _hasRun = false;
        GuestStores.Clear();
        for (int i = 0; i < Registers.Length; i++)
        {
            _interpreter[Registers[i]] = 0xbad0_0000_0000_0000 | (uint)i;
        }

        _interpreter[Register.RBX] = ProcessLayout.Guest;
        _interpreter[Register.RBP] = ModelledUnikernel.MemoryBytes;
        _interpreter.Run(_code.RunAddress);
        if (_interpreter[Register.RBX] != ProcessLayout.Guest || _interpreter[Register.RBP] != ModelledUnikernel.MemoryBytes)
        {
            throw new ModelException("rbx or rbp lost");
        }

        foreach ((ulong address, int bytes) in GuestStores)
        {
            ReadOnlySpan<byte> at = _guest.At(address, bytes);
            ulong value = bytes == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);
            _behaviour.Stores.Add((address - ProcessLayout.Guest, bytes, value));
        }

        return _behaviour;
    }

    /// <summary>One system call; false when the round is over.</summary>
    private bool Answer()
    {
        ulong[] a =
        [
            _interpreter[Register.RDI], _interpreter[Register.RSI], _interpreter[Register.RDX], _interpreter[Register.R10],
            _interpreter[Register.R8],
        ];
        long result;
        switch (_interpreter[Register.RAX])
        {
            case SystemCallNumber.Ioctl when a[0] == ModelledUnikernel.Vcpu && a[1] == KvmRequest.Run && a[2] == 0:
                if (_hasRun)
                {
                    return false;
                }

                _hasRun = true;
                result = _case.RunResult;
                break;
            case SystemCallNumber.Ioctl
                when a[0] == ModelledUnikernel.Vcpu && a[1] == KvmRequest.GetRegisters && a[2] == ScratchLayout.Registers:
                BinaryPrimitives.WriteUInt64LittleEndian(_scratch.At(ScratchLayout.RegistersRip, 8), Oracle.GuestRip);
                result = 0;
                break;
            case SystemCallNumber.ClockGettime when a[0] == 0 && a[1] == ScratchLayout.Time:
                BinaryPrimitives.WriteUInt64LittleEndian(_scratch.At(ScratchLayout.Time, 8), Oracle.WallClockSeconds);
                BinaryPrimitives.WriteUInt64LittleEndian(_scratch.At(ScratchLayout.Time + 8, 8), Oracle.WallClockNanoseconds);
                _behaviour.Calls.Add("clock");
                result = 0;
                break;
            case SystemCallNumber.Write when a[0] == LaunchDescriptors.Error && a[1] == ScratchLayout.Text && a[2] < 512:
                _message = Encoding.ASCII.GetString(_scratch.At(ScratchLayout.Text, (int)a[2]));
                result = (long)a[2];
                break;
            case SystemCallNumber.Write
                when a[0] is LaunchDescriptors.Output or ModelledUnikernel.NetDescriptor or ModelledUnikernel.OtherNetDescriptor:
                result = Transfer($"write {a[0]}", a);
                break;
            case SystemCallNumber.Read when a[0] is ModelledUnikernel.NetDescriptor or ModelledUnikernel.OtherNetDescriptor:
                result = Transfer($"read {a[0]}", a);
                break;
            case SystemCallNumber.Pread or SystemCallNumber.Pwrite when a[0] == ModelledUnikernel.BlockDescriptor:
                result = BlockTransfer(_interpreter[Register.RAX] == SystemCallNumber.Pread ? "pread" : "pwrite", a);
                break;
            case SystemCallNumber.TimerfdSettime
                when a[0] == LaunchDescriptors.Timer && a[1] == 0 && a[2] == ScratchLayout.TimerSpec && a[3] == 0:
                result = SetTimer();
                break;
            case SystemCallNumber.Ppoll when a[0] == ScratchLayout.PollSet && a[3] == 0 && a[4] == 8:
                result = Poll(a[1], a[2]);
                break;
            case SystemCallNumber.ExitGroup:
                End(a[0]);
                return false;
            default:
                throw new ModelException($"system call {_interpreter[Register.RAX]} {a[0]:x} {a[1]:x} {a[2]:x} {a[3]:x}");
        }

        _interpreter[Register.RAX] = (ulong)result;
        return true;
    }

    private long Transfer(string call, ulong[] a)
    {
        ulong address = a[1] - ProcessLayout.Guest;
        if (a[1] < ProcessLayout.Guest || address > ModelledUnikernel.MemoryBytes || a[2] > ModelledUnikernel.MemoryBytes - address)
        {
            throw new ModelException($"{call} with a buffer outside guest memory: {a[1]:x} {a[2]:x}");
        }

        _behaviour.Calls.Add($"{call} {address:x} {a[2]:x}");
        return _case.Transfer(a[2], ++_transfers);
    }

    private long BlockTransfer(string call, ulong[] a)
    {
        if (a[3] >= ModelledUnikernel.CapacityBytes || a[2] > ModelledUnikernel.CapacityBytes - a[3])
        {
            throw new ModelException($"{call} beyond the capacity: {a[3]:x} {a[2]:x}");
        }

        long result = Transfer($"{call} {a[0]}", a);
        _behaviour.Calls[^1] += $" {a[3]:x}";
        return result;
    }

    private long SetTimer()
    {
        ReadOnlySpan<byte> spec = _scratch.At(ScratchLayout.TimerSpec, 32);
        if (spec[..16].ContainsAnyExcept((byte)0))
        {
            throw new ModelException("the timer has an interval");
        }

        ulong seconds = BinaryPrimitives.ReadUInt64LittleEndian(spec[16..]);
        ulong nanoseconds = BinaryPrimitives.ReadUInt64LittleEndian(spec[24..]);
        _behaviour.Calls.Add($"timer {seconds} {nanoseconds}");
        return _case.TimerResult;
    }

    private long Poll(ulong entries, ulong timeout)
    {
        int expected = HvtConstants.PollCount(ModelledUnikernel.Devices(_case.HasBlock, _case.HasNet));
        bool zero = timeout == ScratchLayout.ZeroTime && !_scratch.At(ScratchLayout.ZeroTime, 16).ContainsAnyExcept((byte)0);
        if (entries != (ulong)expected || (timeout != 0 && !zero))
        {
            throw new ModelException($"ppoll with {entries} entries, timeout at {timeout:x}");
        }

        for (int i = 0; i < expected; i++)
        {
            int descriptor = BinaryPrimitives.ReadInt32LittleEndian(_scratch.At(ScratchLayout.PollSet + (uint)(8 * i), 4));
            byte ready = descriptor >= 0 ? (byte)((_case.Ready >> i) & 1) : (byte)0;
            _scratch.At(ScratchLayout.PollSet + (uint)(8 * i) + ScratchLayout.PollResult, 1)[0] = ready;
        }

        // What lies behind the set must not be taken for a device.
        _scratch.At(ScratchLayout.PollSet + (uint)(8 * expected) + ScratchLayout.PollResult, 1)[0] = 1;
        _behaviour.Calls.Add(timeout == 0 ? "ppoll forever" : "ppoll zero");
        return _polls++ < _case.PollInterruptions ? -4 : _case.PollResult < 0 ? _case.PollResult : 1;
    }

    private void End(ulong status)
    {
        bool complete = _message is null || (status == 1 && _message.EndsWith('\n'));
        if (!complete)
        {
            throw new ModelException($"status {status} after the message {_message}");
        }

        _behaviour.Ending = _message is null ? $"exit {status}" : $"dies: {_message.TrimEnd('\n')}";
    }

    private static void Fill(MemoryRegion region, byte[] bytes)
    {
        region.Bytes.AsSpan().Clear();
        bytes.CopyTo(region.Bytes, 0);
    }
}
