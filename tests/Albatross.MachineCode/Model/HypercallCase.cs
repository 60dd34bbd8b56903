namespace Albatross.MachineCode.Model;

/// <summary>One return from KVM_RUN and how the host answers the system calls that follow.</summary>
internal sealed record HypercallCase
{
    /// <summary>What ioctl(KVM_RUN) returns: 0 or a negated error number.</summary>
    internal required int RunResult { get; init; }

    internal required uint ExitReason { get; init; }

    /// <summary>1 is out.</summary>
    internal required byte Direction { get; init; }

    internal required byte WidthBytes { get; init; }

    internal required ushort Port { get; init; }

    /// <summary>Where in kvm_run the value lies.</summary>
    internal required ulong DataOffset { get; init; }

    /// <summary>The value: guest address of the parameter block.</summary>
    internal required uint BlockAddress { get; init; }

    /// <summary>The block's fields of 64 bits, written into guest memory as far as it reaches.</summary>
    internal required ulong[] Fields { get; init; }

    /// <summary>What stands at offset 32 of kvm_run for exits that are no I/O; overlaps direction, width and port.</summary>
    internal required ulong FailureDetail { get; init; }

    internal required bool HasBlock { get; init; }

    internal required bool HasNet { get; init; }

    /// <summary>Result of a read or write: null is everything that was asked for, else at most this many, or an error.</summary>
    internal required long? TransferResult { get; init; }

    /// <summary>Bit i: entry i of the poll set is ready.</summary>
    internal required ulong Ready { get; init; }

    internal required int TimerResult { get; init; }

    internal required int PollResult { get; init; }

    /// <summary>How many times ppoll is interrupted first.</summary>
    internal required int PollInterruptions { get; init; }

    /// <summary>The number that the port stands for, valid or not.</summary>
    internal int Number => Port - 0x500;

    /// <summary>
    /// The answer to the <paramref name="turn"/>th transfer, counted from 1; interruptions and short ones end after three.
    /// </summary>
    internal long Transfer(ulong asked, int turn) => TransferResult switch
    {
        null => (long)asked,
        _ when turn > 3 => (long)asked,
        < 0 => TransferResult.Value,
        _ => Math.Min(TransferResult.Value, (long)asked),
    };
}
