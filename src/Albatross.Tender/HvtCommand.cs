using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;

namespace Albatross.Tender;

/// <summary>The tender of hvt images, in the place of solo5-hvt: a virtual machine of KVM.</summary>
/// <param name="messages">For the person.</param>
/// <param name="command">The words before the options, for the usage.</param>
internal sealed class HvtCommand(Messages messages, string command) : TenderCommand(messages, command, AbiTarget.Hvt)
{
    private const string ProcessName = "hvt-guest";

    /// <inheritdoc/>
    protected override int Launch(TenderStart start, TenderSandbox sandbox)
    {
        try
        {
            using KvmHost kvm = KvmHost.Open();
            using TimerDescriptor timer = TimerDescriptor.Create();

            // The order is that of LaunchDescriptors from 3 on.
            ImmutableArray<SafeHandle> descriptors = [kvm, start.File, timer, .. start.Options.Devices.Descriptors, .. sandbox.Descriptors];
            var request = new HvtLaunchRequest
            {
                Image = start.Image,
                Memory = start.Memory,
                CommandLine = start.CommandLine,
                Kvm = new KvmFacts(kvm.RunSizeBytes, kvm.Cpuid),
                ImageAccess = ImageAccess.Share,
                Devices = start.Options.Devices.Attachments,
                Confinement = ConfinementIn(sandbox),
                InheritedAt = Exec.Inherit(descriptors, LaunchDescriptors.Kvm + descriptors.Length),
                Console = StandardDescriptors.OutputIsFile ? ConsoleKind.File : ConsoleKind.Stream,
            };
            return HvtLaunch.TryBuild(request, out HvtLaunch? launch, out ImageRefusal? refusal)
                ? Become(launch.Executable, ProcessName, sandbox)
                : Refuse(refusal, start);
        }
        catch (LinuxException e) when (e.Call == "open")
        {
            return Messages.Fail($"Could not open: /dev/kvm: {Marshal.GetPInvokeErrorMessage(e.Errno)}");
        }
        catch (PlatformNotSupportedException e)
        {
            return Messages.Fail(e.Message);
        }
    }
}
