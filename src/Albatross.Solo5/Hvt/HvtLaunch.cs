using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Hvt;

/// <summary>
/// The launch of an image as a value: a static executable that makes its virtual machine, closes itself in and serves the guest. Put its
/// bytes into a sealed memfd, arrange the descriptors of <see cref="LaunchDescriptors"/>, and execute it.
/// </summary>
public sealed class HvtLaunch
{
    private HvtLaunch(ReadOnlyMemory<byte> executable, int rowCount, int filterLength) =>
        (Executable, RowCount, FilterLength) = (executable, rowCount, filterLength);

    /// <summary>The launcher's ELF file, about 100 KB of which most pages are zero: write it sparsely.</summary>
    public ReadOnlyMemory<byte> Executable { get; }

    /// <summary>System calls that it plays before the guest starts.</summary>
    public int RowCount { get; }

    /// <summary>Instructions of its system call filter.</summary>
    public int FilterLength { get; }

    /// <summary>Builds the launch, or says why the image cannot be launched so.</summary>
    public static bool TryBuild(
        HvtLaunchRequest request, [NotNullWhen(true)] out HvtLaunch? launch, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        launch = null;
        if (!LaunchChecks.TryPlace(request, AbiTarget.Hvt, out ImmutableArray<Segment> segments, out refusal))
        {
            return false;
        }

        if (!request.Memory.FitsVirtualMachine)
        {
            throw new ArgumentException($"{request.Memory.Bytes} bytes are no memory of an hvt guest", nameof(request));
        }

        launch = Build(request, [.. segments.Select(segment => segment.ForVirtualMachine())]);
        return true;
    }

    private static HvtLaunch Build(HvtLaunchRequest request, ImmutableArray<Segment> segments)
    {
        ImmutableArray<AttachedDevice> devices = AttachedDevice.From(request.Devices, LaunchDescriptors.FirstDevice);
        int vcpu = LaunchDescriptors.FirstDevice + devices.Length;
        ulong kernelEnd = segments.IsEmpty ? 0 : segments[^1].End;
        byte[] manifest = request.Image.Manifest.GuestCopy(request.Devices, firstDescriptor: null);
        byte[] bootInformation = BootInformation.Build(request.Memory, kernelEnd, manifest, request.CommandLine.Span);
        byte[] lowMemory = CpuState.LowMemory(request.Memory, bootInformation);
        byte[] filter = SyscallFilter.Build(HvtFilter.Rules(vcpu, devices));

        var table = new CallTable(ProcessLayout.Table, "hvt");
        HvtRows.Add(table, request, segments, devices, vcpu, (ulong)lowMemory.Length, filter);
        byte[] tableBytes = table.Build(out uint firstRow);
        byte[] constants = HvtConstants.Build(
            request.Memory,
            request.Kvm.RunSizeBytes,
            vcpu,
            firstRow,
            request.Image.Manifest.Entries.Length,
            devices,
            segments);
        LaunchChecks.RequireRoom(constants.Length, ProcessLayout.ConstantsEnd - ProcessLayout.Constants);
        LaunchChecks.RequireRoom(tableBytes.Length, ProcessLayout.TableEnd - ProcessLayout.Table);
        LaunchChecks.RequireRoom(request.Kvm.RunSizeBytes, ProcessLayout.KvmRunLimitBytes);

        byte[] executable = LauncherElf.Build(
            LauncherCode.RunLoop,
            [
                new LauncherPart(LauncherElf.ReadOnly, ProcessLayout.Constants, constants),
                new LauncherPart(LauncherElf.ReadWrite, ProcessLayout.Scratch, HvtConstants.BuildScratch(devices)),
                new LauncherPart(LauncherElf.ReadOnly, ProcessLayout.Table, tableBytes),
                new LauncherPart(LauncherElf.ReadWrite, ProcessLayout.Guest, lowMemory),
            ]);
        return new HvtLaunch(executable, table.RowCount, filter.Length / FilterProgram.InstructionBytes);
    }
}
