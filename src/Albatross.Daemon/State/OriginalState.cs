using System.Collections.Immutable;
using Albatross.Daemon.Vmmd;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Der;
using Albatross.Protocol.State;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.State;

/// <summary>
/// The original's state file, of any version, which the first start takes over and never changes. A unikernel that nothing here could run
/// is reported and stays in that file only.
/// </summary>
internal static class OriginalState
{
    /// <summary>Reads it; null when there is none.</summary>
    /// <exception cref="InvalidDataException">
    /// It is damaged, too large, of a newer version, or only its backup is there: whoever starts with nothing instead would lose it.
    /// </exception>
    /// <exception cref="IOException">The host said no.</exception>
    public static StoredState? Read(string directory)
    {
        string path = Path.Combine(directory, StateFiles.Original);
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            string backup = Path.Combine(directory, StateFiles.OriginalBackup);
            return File.Exists(backup)
                ? throw new InvalidDataException(
                    $"{path} is missing ({CodeOf(RefusalCode.NotFound)}) and {backup} is there: the original was cut off while storing. "
                    + "Copy the backup to its place to import it, or move it away to start with nothing")
                : null;
        }

        Refusal? refusal = file.Length > StateFiles.MaxOriginalBytes
            ? new Refusal(RefusalCode.TooLarge, $"it has {file.Length} bytes, at most {StateFiles.MaxOriginalBytes} are read")
            : null;
        return refusal is null && StateCodec.TryDecode(File.ReadAllBytes(path), out StoredState? state, out refusal)
            ? state
            : throw new InvalidDataException(
                $"{path} of the original cannot be imported ({refusal!.CodeText}): {refusal.Text}. "
                + "It was not changed and nothing was started: repair it, or move it away to start with nothing");
    }

    /// <summary>
    /// Takes over what <paramref name="directory"/> has of the original, images included, and stores it as this daemon's own; null when
    /// there is nothing. Until it is stored the next start does all of it again.
    /// </summary>
    /// <exception cref="InvalidDataException">As for <see cref="Read"/>.</exception>
    /// <exception cref="IOException">The host said no; nothing was taken over.</exception>
    public static DesiredState? Import(string directory, ImageStore images, StateStore store, ILogger log)
    {
        if (Read(directory) is not { } original)
        {
            return null;
        }

        var unikernels = ImmutableSortedDictionary.CreateBuilder<Name, DesiredUnikernel>();
        foreach ((Name name, UnikernelConfig config) in original.Unikernels)
        {
            Refusal? refusal = VmmdStep.RefuseEverywhere(name, config);
            ImageId? image = null;
            if (refusal is null)
            {
                (image, refusal) = images.Import(config);
            }

            if (image is null)
            {
                Log.NotImported(log, name, refusal!.CodeText, refusal.Text);
                continue;
            }

            unikernels.Add(name, new DesiredUnikernel(config.Type, config.Settings.Detached(), image));
        }

        // Nothing that is kept may keep the file's bytes, with all its images.
        var wanted = new DesiredState(
            unikernels.ToImmutable(),
            StateStore.PoliciesOf(original).ToImmutableSortedDictionary(
                entry => entry.Key,
                entry => entry.Value with { Bridges = new(entry.Value.Bridges.Select(bridge => bridge.Detached())) }));
        store.Save(wanted);
        Log.Imported(log, wanted.Unikernels.Count, original.Unikernels.Count, wanted.Policies.Count);
        return wanted;
    }

    /// <summary>
    /// Says so when the original has stored something since this daemon did, because a later start does not look at it: somebody moved out
    /// and in again.
    /// </summary>
    public static void ReportNewer(string directory, ILogger log)
    {
        string original = Path.Combine(directory, StateFiles.Original);
        string own = Path.Combine(directory, StateFiles.Host);
        if (File.Exists(original) && File.GetLastWriteTimeUtc(original) > File.GetLastWriteTimeUtc(own))
        {
            Log.OriginalIsNewer(log, original, own);
        }
    }

    private static string CodeOf(RefusalCode code) => new Refusal(code, "").CodeText;
}
