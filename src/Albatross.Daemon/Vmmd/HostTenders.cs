using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Unikernels;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// Which tender runs images of which target on this host: our own, which is no program, or an installed one. KVM is opened when an hvt
/// image first needs it and kept; a host without it runs spt images only. Thread-safe.
/// </summary>
internal sealed class HostTenders(DaemonOptions options) : IDisposable
{
    private readonly Lazy<KvmHost> _kvm = new(KvmHost.Open, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>The host's KVM.</summary>
    /// <exception cref="IOException">It has none, or this user may not use it.</exception>
    public KvmHost Kvm
    {
        get
        {
            try
            {
                return _kvm.Value;
            }
            catch (PlatformNotSupportedException e)
            {
                throw new IOException(e.Message, e);
            }
        }
    }

    /// <summary>How our own tenders are closed in; its descriptors stand behind their devices.</summary>
    public TenderSandbox Sandbox { get; } = TenderSandbox.Open();

    /// <summary>The installed tender that was configured for a target; null means our own.</summary>
    public string? Installed(AbiTarget target) => target == AbiTarget.Spt ? options.SptTender : options.HvtTender;

    /// <summary>
    /// Everything about an image that can be known before it is started: a force-create must not end the old unikernel for nothing.
    /// </summary>
    public Refusal? Refuse(UnikernelImage image, UnikernelSettings settings)
    {
        if ((RefuseTarget(image.Abi.Target) ?? ManifestMatch.Refuse(image.Manifest, settings)) is { } refusal)
        {
            return refusal;
        }

        var facts = new KvmFacts(Environment.SystemPageSize, default);
        var launch = new OwnLaunch(
            image, settings.MemoryMib, CommandLine: default, Cpus: [], LikeDevices(image), facts, Confinement.Basic);
        return launch.TryBuild(out _, out ImageRefusal? bad) ? null : new Refusal(RefusalCode.InvalidImage, bad.Text);
    }

    /// <summary>Says in the log what runs images of which target, and what cannot be run.</summary>
    public void Report(ILogger log)
    {
        foreach (AbiTarget target in (AbiTarget[])[AbiTarget.Hvt, AbiTarget.Spt])
        {
            if (RefuseTarget(target) is { } refusal)
            {
                Log.NoTender(log, refusal.Text);
            }
            else
            {
                Log.TenderOfTarget(log, target.ManifestName(), Installed(target) ?? "the daemon itself");
            }
        }

        if (Sandbox.ConfinementOf(UnikernelUser.Nobody).Report is { } report)
        {
            Log.SandboxIncomplete(log, report);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Sandbox.Dispose();
        if (_kvm.IsValueCreated)
        {
            _kvm.Value.Dispose();
        }
    }

    private Refusal? RefuseTarget(AbiTarget target)
    {
        if (target != AbiTarget.Hvt)
        {
            return null;
        }

        try
        {
            _ = Kvm;
            return null;
        }
        catch (IOException e)
        {
            string reason = e is LinuxException linux ? $"/dev/kvm: {Marshal.GetPInvokeErrorMessage(linux.Errno)}" : e.Message;
            return new Refusal(
                RefusalCode.NoKvm,
                $"this host cannot run hvt unikernels ({reason}): build the unikernel for spt, or use another host");
        }
    }

    // Devices of the declared kinds with values that every launch takes: only their number and kinds matter here.
    private static ImmutableArray<DeviceAttachment> LikeDevices(UnikernelImage image) =>
    [
        .. image.Manifest.Devices.Select(DeviceAttachment? (entry) => entry.Type switch
        {
            DeviceType.Block => new DeviceAttachment.Block(entry, DeviceAttachment.Block.DefaultSectorBytes),
            DeviceType.Net => new DeviceAttachment.Net(entry, Mac: 1, MtuBytes: 1500),
            _ => null,
        }).OfType<DeviceAttachment>(),
    ];
}
