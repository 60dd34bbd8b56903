using Albatross.Solo5;
using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

/// <summary>Whether the tender reads or writes a range of guest memory.</summary>
internal enum GuestAccess
{
    Input,
    Output,
}

internal sealed partial class RunLoop
{
    /// <summary>The hypercall's parameter block, whose guest address is in edi. Leaves its host address in r14.</summary>
    private void TakeBlock(int sizeBytes, GuestAccess access)
    {
        c.mov(esi, sizeBytes);
        Check(access);
        c.lea(r14, __[rbx + rdi]);
    }

    /// <summary>A buffer that the block names. Leaves its host address in rsi and its length in rdx, as system calls want them.</summary>
    private void TakeBuffer(int addressOffset, int lengthOffset, GuestAccess access)
    {
        c.mov(rdi, __qword_ptr[r14 + addressOffset]);
        c.mov(rsi, __qword_ptr[r14 + lengthOffset]);
        Check(access);
        c.mov(rdx, rsi);
        c.lea(rsi, __[rbx + rdi]);
    }

    /// <summary>
    /// The device whose handle is the block's first field. Leaves its entry in r13, or goes to <paramref name="invalid"/>.
    /// </summary>
    private void TakeDevice(DeviceType type, Label invalid)
    {
        c.mov(eax, __dword_ptr[r14]);                         // only the low half of a handle counts, as upstream
        c.cmp(eax, __dword_ptr[ConstantsLayout.DeviceCount]);
        c.jae(invalid);
        c.shl(eax, 4);                                        // ConstantsLayout.DeviceBytes = 16
        c.lea(r13, __[rax + ConstantsLayout.Devices]);
        c.cmp(__dword_ptr[r13], (int)type);
        c.jne(invalid);
    }

    /// <summary>rdi = guest address, rsi = length: goes on if allowed, else the process ends. Keeps all but rax, r8, r9, r10.</summary>
    private void Check(GuestAccess access)
    {
        Label back = c.CreateLabel();
        Check(access, back);
        Here(ref back);
    }

    private void Check(GuestAccess access, Label then)
    {
        c.lea(r8, __[then]);
        c.jmp(access == GuestAccess.Output ? _checkOutput : _checkInput);
    }

    /// <summary>
    /// The one place that judges a guest address: rdi = address, rsi = length, return address in r8. Allowed is address &lt; size and
    /// length &lt; size - address, outside the ascending forbidden ranges; a length of 0 touches no range.
    /// </summary>
    private void WriteRangeCheck()
    {
        Label check = New("check"), next = New("check_next"), allowed = New("check_allowed"), bad = New("bad_access");

        Here(ref _checkOutput);
        c.mov(r9d, __dword_ptr[ConstantsLayout.NoWrite]);
        c.jmp(check);
        Here(ref _checkInput);
        c.mov(r9d, __dword_ptr[ConstantsLayout.NoRead]);

        Here(ref check);
        c.cmp(rdi, rbp);
        c.jae(bad);
        c.mov(rax, rbp);
        c.sub(rax, rdi);
        c.cmp(rsi, rax);
        c.jae(bad);
        c.test(rsi, rsi);
        c.je(allowed);
        c.lea(r10, __[rdi + rsi]);
        Here(ref next);
        c.cmp(r10, __qword_ptr[r9]);
        c.jbe(allowed);                                       // ends before this range; the last one starts at 2^64 - 1
        c.cmp(rdi, __qword_ptr[r9 + 8]);
        c.jb(bad);
        c.add(r9, (int)ConstantsLayout.RangeBytes);
        c.jmp(next);

        Here(ref allowed);
        c.jmp(r8);
        Here(ref bad);
        c.mov(r8, rdi);
        c.mov(r9, rsi);
        Die(Text("Invalid guest access: gpa=0x\u0001, sz=0x\u0002"));
    }
}
