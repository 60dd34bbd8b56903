using Albatross.MachineCode.Source;
using Iced.Intel;

namespace Albatross.MachineCode.Model;

/// <summary>
/// Executes the machine code instruction by instruction on a model of the process. Access outside the declared regions, a store into a
/// read-only one, an instruction that is not known here and an endless run are errors. Decoding is Iced's; what instructions do is written
/// here, independently of the source.
/// </summary>
internal sealed partial class Interpreter
{
    private const int StepLimit = 100_000;
    private const ulong LostRegister = 0xdead_0001_dead_0001;

    private readonly ulong _codeAddress;
    private readonly Instruction[] _code;
    private readonly bool[] _covered;
    private readonly List<MemoryRegion> _regions = [];
    private readonly ulong[] _registers = new ulong[16];
    private ulong _ip;
    private bool _carry;
    private bool _zero;
    private bool _sign;

    internal Interpreter(AssembledCode code)
    {
        _codeAddress = code.Address;
        _code = new Instruction[code.InstructionBytes + 1];
        _covered = new bool[code.InstructionBytes + 1];
        foreach (Instruction instruction in code.Decode())
        {
            _code[instruction.IP - _codeAddress] = instruction;
        }

        _regions.Add(new MemoryRegion("code", code.Address, code.Bytes, IsWritable: false));
    }

    /// <summary>Every instruction of the code.</summary>
    internal IEnumerable<Instruction> Instructions => _code.Where(instruction => instruction.Length > 0);

    /// <summary>Conditional branches by address, and whether they were taken.</summary>
    internal HashSet<(ulong Address, bool Taken)> Branches { get; } = [];

    /// <summary>Called for every store into a region, with its name, the address and the number of bytes.</summary>
    internal Action<MemoryRegion, ulong, int> OnStore { get; set; } = (_, _, _) => { };

    /// <summary>Called for a system call; false ends the run.</summary>
    internal Func<Interpreter, bool> OnSystemCall { get; set; } = _ => false;

    /// <summary>A run ends here, before the instruction at this address.</summary>
    internal ulong? EndAddress { get; set; }

    /// <summary>How many instructions were executed.</summary>
    internal long Steps { get; private set; }

    /// <summary>A 64-bit register by its name.</summary>
    internal ulong this[Register register]
    {
        get => _registers[register.GetNumber()];
        set => _registers[register.GetNumber()] = value;
    }

    /// <summary>What cld clears; string instructions, which are not known here, depend on it.</summary>
    internal bool Direction { get; set; }

    internal void Add(MemoryRegion region) => _regions.Add(region);

    /// <summary>Whether the instruction at <paramref name="address"/> was executed.</summary>
    internal bool IsCovered(ulong address) => _covered[address - _codeAddress];

    /// <summary>Runs from <paramref name="address"/> until the handler of system calls ends it.</summary>
    internal void Run(ulong address)
    {
        _ip = address;
        for (int i = 0; i < StepLimit; i++)
        {
            if (_ip == EndAddress)
            {
                return;
            }

            ulong at = _ip - _codeAddress;
            if (at >= (ulong)_code.Length || _code[at].Length == 0)
            {
                throw new ModelException($"no instruction at {_ip:x}");
            }

            _covered[at] = true;
            Steps++;
            if (!Execute(_code[at], out ulong next))
            {
                return;
            }

            _ip = next;
        }

        throw new ModelException("endless");
    }

    private bool Execute(in Instruction instruction, out ulong next)
    {
        next = instruction.NextIP;
        switch (instruction.FlowControl)
        {
            case FlowControl.Next:
                Compute(instruction);
                return true;

            case FlowControl.ConditionalBranch:
                bool taken = IsTaken(instruction.Mnemonic);
                Branches.Add((instruction.IP, taken));
                next = taken ? instruction.NearBranchTarget : next;
                return true;

            case FlowControl.UnconditionalBranch:
                next = instruction.NearBranchTarget;
                return true;

            case FlowControl.IndirectBranch when instruction.Op0Kind == OpKind.Register:
                next = Get(instruction, 0);
                return true;

            case FlowControl.Return when instruction.Mnemonic == Mnemonic.Ret:
                next = PopValue();
                return true;

            case FlowControl.Call when instruction.Mnemonic == Mnemonic.Syscall:
                this[Register.RCX] = LostRegister;
                this[Register.R11] = LostRegister;
                return OnSystemCall(this);

            default:
                throw new ModelException($"instruction {instruction} at {_ip:x}");
        }
    }

    private bool IsTaken(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Je => _zero,
        Mnemonic.Jne => !_zero,
        Mnemonic.Js => _sign,
        Mnemonic.Jb => _carry,
        Mnemonic.Jae => !_carry,
        Mnemonic.Jbe => _carry || _zero,
        Mnemonic.Ja => !_carry && !_zero,
        _ => throw new ModelException($"branch {mnemonic} at {_ip:x}"),
    };
}
