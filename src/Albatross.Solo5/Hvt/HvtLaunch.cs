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
        if (!SegmentPlacement.TryPlace(request.Image.Elf, request.Memory, out ImmutableArray<Segment> segments, out refusal))
        {
            return false;
        }

        refusal = CheckDevices(request.Image.Manifest) ?? CheckCommandLine(request.CommandLine.Span) ?? CheckCpus(request.Cpus);
        if (refusal is not null)
        {
            return false;
        }

        launch = Build(request, segments);
        return true;
    }

    private static HvtLaunch Build(HvtLaunchRequest request, ImmutableArray<Segment> segments)
    {
        // Attaching devices comes with the next piece of work; the run loop, the filter and the constants already know them.
        ImmutableArray<AttachedDevice> devices = [];
        int vcpu = LaunchDescriptors.FirstDevice + devices.Length;
        ulong kernelEnd = segments.IsEmpty ? 0 : segments[^1].End;
        byte[] bootInformation = BootInformation.Build(
            request.Memory, kernelEnd, request.Image.Manifest, request.CommandLine.Span);
        byte[] lowMemory = CpuState.LowMemory(request.Memory, bootInformation);
        byte[] filter = SyscallFilter.Build(HvtFilter.Rules(vcpu, devices));

        var table = new CallTable(ProcessLayout.Table);
        HvtRows.Add(table, request, segments, vcpu, (ulong)lowMemory.Length, filter);
        byte[] tableBytes = table.Build(out uint firstRow);
        byte[] constants = HvtConstants.Build(
            request.Memory,
            request.Kvm.RunSizeBytes,
            vcpu,
            firstRow,
            request.Image.Manifest.Entries.Length,
            devices,
            segments);
        RequireRoom(constants.Length, ProcessLayout.ConstantsEnd - ProcessLayout.Constants);
        RequireRoom(tableBytes.Length, ProcessLayout.TableEnd - ProcessLayout.Table);
        RequireRoom(request.Kvm.RunSizeBytes, ProcessLayout.KvmRunLimitBytes);

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

    private static ImageRefusal? CheckDevices(Manifest manifest)
    {
        string names = string.Join(", ", manifest.Devices.Select(device => $"'{device.Name}' ({device.Type.ManifestName()})"));
        return names.Length == 0
            ? null
            : new ImageRefusal(ImageRefusalCode.DevicesNotAttached, $"All declared devices must be attached, and these are not: {names}");
    }

    private static ImageRefusal? CheckCommandLine(ReadOnlySpan<byte> commandLine)
    {
        const int Longest = BootInformation.CommandLineAreaBytes - 1;
        return commandLine.Length > Longest
            ? new ImageRefusal(ImageRefusalCode.InvalidCommandLine, $"Guest command line too long (max={Longest} characters)")
            : commandLine.Contains((byte)0)
                ? new ImageRefusal(ImageRefusalCode.InvalidCommandLine, "Guest command line contains a NUL character")
                : null;
    }

    private static ImageRefusal? CheckCpus(ImmutableArray<int> cpus) => cpus.Any(cpu => cpu is < 0 or >= HvtRows.CpuLimit)
        ? new ImageRefusal(ImageRefusalCode.InvalidCpuSet, $"a CPU has a number from 0 to {HvtRows.CpuLimit - 1}")
        : null;

    /// <summary>The limits on segments, manifest and CPUID guarantee room; a breach is a mistake in this project.</summary>
    private static void RequireRoom(long bytes, uint available)
    {
        if (bytes > available)
        {
            throw new InvalidOperationException($"a part of the launcher has {bytes} bytes where {available} are free");
        }
    }
}
