using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

internal abstract partial class LauncherSource
{
    /// <summary>
    /// The one way to fail: rsi = text ending in 0, in which byte 1 stands for r8 and byte 2 for r9 in hexadecimal without leading zeros.
    /// Put together at <paramref name="textAddress"/>, to stderr in one write, then status 1.
    /// </summary>
    protected void WriteFailures(uint textAddress)
    {
        Label next = New("die_next"), flush = New("die_flush"), put = New("die_put");
        Label lead = New("die_lead"), digit = New("die_digit"), isDigit = New("die_is_digit");

        Here(ref _die);
        c.mov(edi, textAddress);
        Here(ref next);
        c.movzx(eax, __byte_ptr[rsi]);
        c.inc(rsi);
        c.test(eax, eax);
        c.je(flush);
        c.cmp(eax, 2);
        c.ja(put);
        c.cmove(r8, r9);

        // Sixteen digits, the highest first; ecx counts those that follow. Zeros are skipped, but not the last digit.
        c.mov(ecx, 16);
        Here(ref lead);
        c.rol(r8, 4);
        c.dec(ecx);
        c.je(digit);
        c.test(r8b, 15);
        c.je(lead);
        Here(ref digit);
        c.mov(eax, r8d);
        c.and(eax, 15);
        c.add(eax, '0');
        c.cmp(eax, '9');
        c.jbe(isDigit);
        c.add(eax, 'a' - '9' - 1);
        Here(ref isDigit);
        c.mov(__byte_ptr[rdi], al);
        c.inc(rdi);
        c.test(ecx, ecx);
        c.je(next);
        c.rol(r8, 4);
        c.dec(ecx);
        c.jmp(digit);

        Here(ref put);
        c.mov(__byte_ptr[rdi], al);
        c.inc(rdi);
        c.jmp(next);

        Here(ref flush);
        c.mov(edx, edi);
        c.sub(edx, (int)textAddress);
        c.mov(esi, textAddress);
        c.mov(edi, LaunchDescriptors.Error);
        SystemCall(SystemCallNumber.Write);
        c.mov(edi, 1);
        c.jmp(_exit);
    }
}
