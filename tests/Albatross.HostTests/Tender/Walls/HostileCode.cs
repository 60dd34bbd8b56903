using Albatross.Guests;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.HostTests.Tender.Walls;

/// <summary>
/// A program of somebody who has taken over the process: under spt in the place of the guest, under hvt in the place of the run loop. Its
/// data lies in guest memory in both. It ends with <see cref="Done"/> if what it tried was done, else with the error number.
/// </summary>
internal sealed class HostileCode
{
    /// <summary>The status of a program that could do what it tried.</summary>
    internal const int Done = 200;

    /// <summary>The status of a program whose last call gave something else than expected, and no error.</summary>
    internal const int Different = 201;

    private const int ExitGroup = 231;

    private readonly GuestBuilder _guest;
    private readonly GuestTarget _target;
    private readonly Assembler _code;

    internal HostileCode(GuestTarget target, HostileContext context)
    {
        _target = target;
        Context = context;
        _guest = new GuestBuilder(target) { TextFlags = 5 };
        _guest.Block("storage");
        _code = target == GuestTarget.Spt ? _guest.Asm : new Assembler(64);
    }

    /// <summary>What the test prepared for it.</summary>
    internal HostileContext Context { get; }

    internal Assembler Asm => _code;

    internal bool IsHvt => _target == GuestTarget.Hvt;

    /// <summary>The descriptor of the only device, a disk of <see cref="HostileContext.DiskBytes"/>.</summary>
    internal ulong Disk => IsHvt ? 6UL : 4;

    /// <summary>The first descriptor behind those that stay: the vCPU under hvt, the timer under spt.</summary>
    internal ulong FirstOwn => Disk + 1;

    /// <summary>A page of guest memory that can be read and written.</summary>
    internal ulong Page => Base + GuestBuilder.DataAddress;

    private ulong Base => IsHvt ? 1UL << 32 : 0;

    /// <summary>Puts bytes into guest memory; gives their address in the process.</summary>
    internal ulong Bytes(ReadOnlySpan<byte> bytes) => Base + _guest.Bytes(bytes);

    internal ulong Text(string text) => Bytes([.. System.Text.Encoding.UTF8.GetBytes(text), 0]);

    internal ulong Words(params ReadOnlySpan<ulong> words) => Base + _guest.Words(words);

    internal ulong Reserve(int bytes) => Base + _guest.Reserve(bytes);

    /// <summary>An array of pointers that ends in 0, as execve wants it.</summary>
    internal ulong Strings(params ReadOnlySpan<string> texts)
    {
        var words = new ulong[texts.Length + 1];
        for (int i = 0; i < texts.Length; i++)
        {
            words[i] = Text(texts[i]);
        }

        return Words(words);
    }

    /// <summary>A system call; an error ends the program with its number.</summary>
    internal void Call(int number, params ReadOnlySpan<ulong> arguments)
    {
        AssemblerRegister64[] registers = [rdi, rsi, rdx, r10, r8, r9];
        for (int i = 0; i < arguments.Length; i++)
        {
            _code.mov(registers[i], arguments[i]);
        }

        CallPrepared(number);
    }

    /// <summary>A system call whose first argument is the result of the one before.</summary>
    internal void CallOnResult(int number, params ReadOnlySpan<ulong> others)
    {
        AssemblerRegister64[] registers = [rsi, rdx, r10, r8, r9];
        _code.mov(rdi, rax);
        for (int i = 0; i < others.Length; i++)
        {
            _code.mov(registers[i], others[i]);
        }

        CallPrepared(number);
    }

    /// <summary>Anything but this result of the call before ends the program with <see cref="Different"/>.</summary>
    internal void Expect(int result)
    {
        Label same = _code.CreateLabel();
        _code.cmp(rax, result);
        _code.je(same);
        Exit(Different);
        _code.Label(ref same);
        _code.nop();
    }

    /// <summary>The image, and for hvt the code that goes over the run loop at <paramref name="address"/>.</summary>
    internal (byte[] Image, byte[] RunLoop) Finish(Action<HostileCode> attempt, ulong address)
    {
        attempt(this);
        Exit(Done);
        if (!IsHvt)
        {
            return (_guest.Build(), []);
        }

        using var bytes = new MemoryStream();
        _code.Assemble(new StreamCodeWriter(bytes), address);
        _guest.Halt(0);
        return (_guest.Build(), bytes.ToArray());
    }

    private void CallPrepared(int number)
    {
        Label good = _code.CreateLabel();
        _code.mov(eax, number);
        _code.syscall();
        _code.cmp(rax, -4095);
        _code.jb(good);
        _code.neg(eax);
        _code.mov(edi, eax);
        _code.mov(eax, ExitGroup);
        _code.syscall();
        _code.Label(ref good);
        _code.nop();
    }

    private void Exit(int status)
    {
        _code.mov(edi, status);
        _code.mov(eax, ExitGroup);
        _code.syscall();
    }
}

/// <summary>What a hostile program finds outside its process.</summary>
internal sealed record HostileContext
{
    /// <summary>The size of its disk.</summary>
    internal const int DiskBytes = 4096;

    /// <summary>A process of the user that the attempt is about.</summary>
    internal int OtherProcess { get; init; } = Environment.ProcessId;

    /// <summary>A TCP port on the loopback interface, where somebody listens.</summary>
    internal int Port { get; init; }

    /// <summary>The name of an abstract socket, where somebody listens.</summary>
    internal string Socket { get; init; } = "";

    /// <summary>A program that prints a file, root's and with the set-user-ID bit.</summary>
    internal string Printer { get; init; } = "";

    /// <summary>A file that nobody but root with its capabilities can read.</summary>
    internal string Secret { get; init; } = "";
}
