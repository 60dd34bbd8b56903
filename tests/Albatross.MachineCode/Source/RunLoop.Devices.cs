using Albatross.Solo5;
using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

/// <summary>The hypercalls of block and network devices.</summary>
internal sealed partial class RunLoop
{
    /// <summary>4 BLOCK_WRITE and 5 BLOCK_READ { handle u64 @0, offset u64 @8, data u64 @16, len u64 @24, out ret i32 @32 }.</summary>
    private void WriteBlock(Label handler, string name, bool isWrite)
    {
        Label invalid = New($"{name}_invalid"), wrong = New($"{name}_failed");
        Here(ref handler);
        TakeBlock(40, GuestAccess.Output);
        TakeDevice(DeviceType.Block, invalid);
        c.mov(r12, __qword_ptr[r14 + 8]);
        c.mov(rax, __qword_ptr[r13 + (int)ConstantsLayout.DeviceCapacity]);
        c.sub(rax, r12);                                      // room = capacity - offset
        c.jbe(invalid);                                       // at least 1
        c.cmp(__qword_ptr[r14 + 24], rax);
        c.ja(invalid);                                        // len <= room, hence also below 2^63
        TakeBuffer(16, 24, isWrite ? GuestAccess.Input : GuestAccess.Output);
        c.mov(edi, __dword_ptr[r13 + (int)ConstantsLayout.DeviceDescriptor]);
        c.mov(r10, r12);
        SystemCall(isWrite ? SystemCallNumber.Pwrite : SystemCallNumber.Pread);
        c.cmp(rax, rdx);
        c.jne(wrong);
        Finish(32, HypercallResult.Ok);
        Here(ref invalid);
        Finish(32, HypercallResult.Invalid);

        Here(ref wrong);
        c.mov(r8, rax);
        c.mov(r9, rdx);
        Die(Text($"Fatal error when {(isWrite ? "writing" : "reading")}: 0x\u0001 of 0x\u0002 bytes"));
    }

    /// <summary>6 NET_WRITE { handle u64 @0, data u64 @8, len u64 @16, out ret i32 @24 }: one Ethernet frame.</summary>
    private void WriteNetWrite()
    {
        Label invalid = New("net_write_invalid"), wrong = New("net_write_failed");
        Here(ref _handlers[6]);
        TakeBlock(32, GuestAccess.Output);
        TakeDevice(DeviceType.Net, invalid);
        TakeBuffer(8, 16, GuestAccess.Input);
        c.mov(edi, __dword_ptr[r13 + (int)ConstantsLayout.DeviceDescriptor]);
        SystemCall(SystemCallNumber.Write);
        c.cmp(rax, rdx);
        c.jne(wrong);
        Finish(24, HypercallResult.Ok);
        Here(ref invalid);
        Finish(24, HypercallResult.Invalid);

        Here(ref wrong);
        c.mov(r8, rax);
        c.mov(r9, rdx);
        Die(Text("Fatal error when writing: 0x\u0001 of 0x\u0002 bytes"));
    }

    /// <summary>7 NET_READ { handle u64 @0, data u64 @8, in/out len u64 @16, out ret i32 @24 }: one frame, without waiting.</summary>
    private void WriteNetRead()
    {
        Label invalid = New("net_read_invalid"), empty = New("net_read_again"), wrong = New("net_read_failed");
        Here(ref _handlers[7]);
        TakeBlock(32, GuestAccess.Output);
        TakeDevice(DeviceType.Net, invalid);
        TakeBuffer(8, 16, GuestAccess.Output);
        c.mov(edi, __dword_ptr[r13 + (int)ConstantsLayout.DeviceDescriptor]);
        SystemCall(SystemCallNumber.Read);
        c.cmp(rax, Eagain);
        c.je(empty);
        c.test(rax, rax);
        c.je(empty);
        c.js(wrong);
        c.mov(__qword_ptr[r14 + 16], rax);
        Finish(24, HypercallResult.Ok);
        Here(ref invalid);
        Finish(24, HypercallResult.Invalid);
        Here(ref empty);
        Finish(24, HypercallResult.Again);

        Here(ref wrong);
        c.mov(r8, rax);
        c.neg(r8);
        Die(Text("Fatal error when reading: errno 0x\u0001"));
    }
}
