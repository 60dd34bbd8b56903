using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;

namespace Albatross.Tender;

/// <summary>The tender of spt images, in the place of solo5-spt: a process with a filter. It needs no right beyond its devices'.</summary>
/// <param name="messages">For the person.</param>
/// <param name="command">The words before the options, for the usage.</param>
internal sealed class SptCommand(Messages messages, string command) : TenderCommand(messages, command, AbiTarget.Spt)
{
    private const string ProcessName = "spt-guest";

    /// <inheritdoc/>
    protected override int Launch(TenderStart start, TenderSandbox sandbox)
    {
        if (start.Options.Heap == HeapAccess.ReadWriteExecute)
        {
            Messages.Warn("WARNING: --x-exec-heap: the guest can execute its heap and stack");
        }

        // The order is that of SptDescriptors from 3 on.
        ImmutableArray<SafeHandle> descriptors = [start.File, .. start.Options.Devices.Descriptors, .. sandbox.Descriptors];
        var request = new SptLaunchRequest
        {
            Image = start.Image,
            Memory = start.Memory,
            CommandLine = start.CommandLine,
            ImageAccess = ImageAccess.Share,
            Devices = start.Options.Devices.Attachments,
            InheritedAt = Exec.Inherit(descriptors, SptDescriptors.Image + descriptors.Length),
            Heap = start.Options.Heap,
            Confinement = ConfinementIn(sandbox),
            Console = StandardDescriptors.OutputIsFile ? ConsoleKind.File : ConsoleKind.Stream,
        };
        return SptLaunch.TryBuild(request, out SptLaunch? launch, out ImageRefusal? refusal)
            ? Become(launch.Executable, ProcessName, sandbox)
            : Refuse(refusal, start);
    }
}
