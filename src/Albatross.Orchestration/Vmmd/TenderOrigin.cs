using System.Buffers.Binary;
using System.Security.Cryptography;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Vmmd;

/// <summary>
/// What a tender was started as. The host notes it beside the process, so that the next daemon knows what it finds there.
/// </summary>
/// <param name="Of">Type, settings and image; without the boot arguments, which are often secret.</param>
/// <param name="ArgumentsDigest">The SHA-256 of the boot arguments in lower-case hexadecimal.</param>
/// <param name="Taps">The taps of its devices; null when it has no devices.</param>
/// <param name="QuickRestarts">As of <see cref="Unikernel.QuickRestarts"/>.</param>
public sealed record TenderOrigin(
    DesiredUnikernel Of, string ArgumentsDigest, ImmutableArray<TapOfDevice>? Taps, int QuickRestarts)
{
    /// <summary>The origin of the tender that is about to be started for <paramref name="unikernel"/>.</summary>
    internal static TenderOrigin Start(Unikernel unikernel) => new(
        new DesiredUnikernel(unikernel.Type, unikernel.Settings with { Arguments = null }, unikernel.Image!),
        DigestOf(unikernel.Settings.Arguments),
        unikernel.Attached,
        unikernel.QuickRestarts);

    /// <summary>Whether a tender of this origin is what <paramref name="wanted"/> asks for, to the last boot argument.</summary>
    public bool Is(DesiredUnikernel wanted) =>
        wanted.Type == Of.Type
        && wanted.Image == Of.Image
        && DigestOf(wanted.Settings.Arguments) == ArgumentsDigest
        && wanted.Settings.Blocks.SequenceEqual(Of.Settings.Blocks)
        && wanted.Settings.Nets.SequenceEqual(Of.Settings.Nets)
        && Scalars(wanted.Settings) == Scalars(Of.Settings);

    // Arrays are compared by what they hold; the rest compares itself, also what is added to it one day.
    private static UnikernelSettings Scalars(UnikernelSettings settings) => settings with { Arguments = null, Blocks = [], Nets = [] };

    // Each argument behind its length, so that no two lists have the same bytes. No arguments and none given are the same to the guest.
    private static string DigestOf(ImmutableArray<RawText>? arguments)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (RawText argument in arguments ?? [])
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, argument.Bytes.Length);
            hash.AppendData(length);
            hash.AppendData(argument.Bytes.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>A tender that an earlier daemon started and that is still there.</summary>
/// <param name="Name">The unikernel.</param>
/// <param name="Incarnation">The start, counted by that daemon.</param>
/// <param name="ProcessId">Its process.</param>
/// <param name="Since">When it was started.</param>
/// <param name="Origin">What it was started as.</param>
public sealed record FoundTender(Name Name, long Incarnation, int ProcessId, DateTimeOffset Since, TenderOrigin Origin)
{
    /// <summary>Whether it is what is wanted under its name, so that it goes on.</summary>
    public bool IsWantedBy(DesiredState state) =>
        state.Unikernels.TryGetValue(Name, out DesiredUnikernel? wanted) && Origin.Is(wanted);
}
