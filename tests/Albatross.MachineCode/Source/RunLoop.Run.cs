using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.MachineCode.Source;

internal sealed partial class RunLoop
{
    private const int FirstPort = 0x500;
    private const int LastHypercall = 8;
    private Label[] _handlers = [];
    private Label _runFailed;
    private Label _otherExit;

    /// <summary>
    /// One round: run the guest, take the number of its hypercall from the port and the address of the parameter block from kvm_run, go to
    /// the handler with that address in edi. The most frequent ones are asked for first.
    /// </summary>
    private void WriteRun()
    {
        Label badPort = New("bad_port"), badOffset = New("bad_offset"), noNet = New("no_net"), badCall = New("bad_hypercall");
        _runFailed = New("run_failed");
        _otherExit = New("other_exit");
        _handlers =
        [
            badCall, New("walltime"), New("puts"), New("poll"), New("block_write"), New("block_read"), New("net_write"), New("net_read"),
            New("halt"),
        ];

        Here(ref _run);
        c.mov(edi, __dword_ptr[ConstantsLayout.Vcpu]);
        c.mov(esi, KvmRequest.Run);
        c.xor(edx, edx);
        SystemCall(SystemCallNumber.Ioctl);
        c.test(eax, eax);
        c.js(_runFailed);

        c.mov(eax, __dword_ptr[ProcessLayout.KvmRun + KvmRunLayout.ExitReason]);
        c.cmp(eax, KvmRunLayout.ExitIo);
        c.jne(_otherExit);
        c.movzx(r15d, __word_ptr[ProcessLayout.KvmRun + KvmRunLayout.IoPort]);
        c.mov(r8d, r15d);                                     // for the message
        c.cmp(__byte_ptr[ProcessLayout.KvmRun + KvmRunLayout.IoDirection], 1);
        c.jne(badPort);                                       // an "out"
        c.cmp(__byte_ptr[ProcessLayout.KvmRun + KvmRunLayout.IoSize], 4);
        c.jne(badPort);                                       // of 32 bits
        c.sub(r15d, FirstPort);
        c.cmp(r15d, LastHypercall);
        c.ja(badPort);
        c.mov(rax, __qword_ptr[ProcessLayout.KvmRun + KvmRunLayout.IoDataOffset]);
        c.cmp(rax, __qword_ptr[ConstantsLayout.LargestIoOffset]);
        c.ja(badOffset);
        c.mov(edi, __dword_ptr[rax + ProcessLayout.KvmRun]);  // guest address of the parameter block, 32 bits

        DispatchTo(3);
        DispatchTo(2);
        DispatchTo(1);
        DispatchTo(8);
        c.mov(r8d, r15d);                                     // for the message
        c.cmp(__dword_ptr[ConstantsLayout.HasNet], 0);
        c.je(noNet);
        DispatchTo(7);
        DispatchTo(6);
        Here(ref noNet);
        c.cmp(__dword_ptr[ConstantsLayout.HasBlock], 0);
        c.je(badCall);
        DispatchTo(5);
        DispatchTo(4);

        Here(ref badCall);
        Die(Text("Invalid guest hypercall: num=\u0001"));
        Here(ref badPort);
        Die(Text("Invalid guest port access: port=0x\u0001"));
        Here(ref badOffset);
        Die(Text("KVM: bad io data offset"));
    }

    private void DispatchTo(int number)
    {
        c.cmp(r15d, number);
        c.je(_handlers[number]);
    }

    /// <summary>Everything but a hypercall ends the process with a message, except for a signal (EINTR), which is ignored.</summary>
    private void WriteExits()
    {
        Label fault = New("translation_fault"), withRip = New("with_rip");
        Label entryFailure = New("entry_failure"), internalError = New("internal_error");

        Here(ref _runFailed);
        c.cmp(eax, Eintr);
        c.je(_run);
        c.cmp(eax, Efault);
        c.je(fault);
        c.mov(r8d, eax);
        c.neg(r8d);
        Die(Text("KVM: ioctl (RUN) failed: errno 0x\u0001"));

        Here(ref fault);
        c.lea(r14, __[Text("KVM: host/guest translation fault: rip=0x\u0002")]);
        c.jmp(withRip);

        Here(ref _otherExit);
        c.mov(r15d, eax);
        c.cmp(eax, KvmRunLayout.ExitFailEntry);
        c.je(entryFailure);
        c.cmp(eax, KvmRunLayout.ExitInternalError);
        c.je(internalError);
        c.lea(r14, __[Text("KVM: unhandled exit: exit_reason=0x\u0001, rip=0x\u0002")]);

        Here(ref withRip);
        c.mov(edi, __dword_ptr[ConstantsLayout.Vcpu]);
        c.mov(esi, KvmRequest.GetRegisters);
        c.mov(edx, ScratchLayout.Registers);
        SystemCall(SystemCallNumber.Ioctl);
        c.mov(r8d, r15d);
        c.mov(r9, __qword_ptr[ScratchLayout.RegistersRip]);
        c.mov(rsi, r14);
        c.jmp(_die);

        Here(ref entryFailure);
        c.mov(r8, __qword_ptr[ProcessLayout.KvmRun + KvmRunLayout.FailureDetail]);
        Die(Text("KVM: entry failure: hw_entry_failure_reason=0x\u0001"));
        Here(ref internalError);
        c.mov(r8d, __dword_ptr[ProcessLayout.KvmRun + KvmRunLayout.FailureDetail]);
        Die(Text("KVM: internal error exit: suberror=0x\u0001"));
    }
}
