using System.Collections.Immutable;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;

namespace Albatross.Daemon.State;

/// <summary>What is wanted, in one file that is replaced as a whole.</summary>
internal sealed class StateStore(IDurableDirectory directory)
{
    /// <summary>Stores <paramref name="state"/>; when this returns it outlives a loss of power.</summary>
    /// <exception cref="IOException">The host said no; the earlier state is still there.</exception>
    public void Save(DesiredState state) => directory.Replace(StateFiles.Host, HostStateCodec.Encode(new StoredState(
        state.Unikernels.ToImmutableSortedDictionary(entry => entry.Key, entry => ConfigOf(entry.Value)),
        state.Policies.ToImmutableSortedDictionary(entry => new Name(entry.Key, null), entry => entry.Value))));

    /// <summary>The stored state; null when none was ever stored.</summary>
    /// <exception cref="IOException">The host said no.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or a newer daemon wrote it.</exception>
    public DesiredState? Load()
    {
        if (directory.Read(StateFiles.Host) is not { } file)
        {
            return null;
        }

        if (!HostStateCodec.TryDecode(file, out StoredState? stored, out Refusal? refusal))
        {
            throw new InvalidDataException(
                $"{StateFiles.Host} cannot be read ({refusal.CodeText}): {refusal.Text}. It was not changed and nothing was started");
        }

        return new DesiredState(
            stored.Unikernels.ToImmutableSortedDictionary(entry => entry.Key, entry => WantedOf(entry.Value)),
            PoliciesOf(stored));
    }

    /// <summary>The policies of <paramref name="stored"/> by their paths; a label is a path's last part, as the original has it.</summary>
    public static ImmutableSortedDictionary<NamePath, ResourcePolicy> PoliciesOf(StoredState stored) =>
        stored.Policies.ToImmutableSortedDictionary(entry => entry.Key.Node, entry => entry.Value);

    /// <summary>What is wanted as it is stored: the digest of the image stands in the place of the image.</summary>
    public static UnikernelConfig ConfigOf(DesiredUnikernel wanted) =>
        new(wanted.Type, Compressed: false, Convert.FromHexString(wanted.Image.Sha256), wanted.Settings);

    /// <summary>What is wanted, from what <see cref="ConfigOf"/> gave; it keeps nothing of the bytes that it was read from.</summary>
    public static DesiredUnikernel WantedOf(UnikernelConfig config) =>
        new(config.Type, config.Settings.Detached(), new ImageId(Convert.ToHexStringLower(config.Image.Span)));
}
