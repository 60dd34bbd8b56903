using System.Buffers.Binary;
using Albatross.Solo5.Launch;

namespace Albatross.Solo5.Spt;

/// <summary>
/// The launch of an spt image as a value: a static executable that loads the guest into its own process, closes it in and jumps to it. It
/// needs neither KVM nor any right. Put its bytes into a sealed memfd, arrange the descriptors of <see cref="SptDescriptors"/>, and execute
/// it.
/// </summary>
public sealed class SptLaunch
{
    private SptLaunch(ReadOnlyMemory<byte> executable, int rowCount, int filterLength) =>
        (Executable, RowCount, FilterLength) = (executable, rowCount, filterLength);

    /// <summary>The launcher's ELF file, some 30 KB.</summary>
    public ReadOnlyMemory<byte> Executable { get; }

    /// <summary>System calls that it plays before the guest starts.</summary>
    public int RowCount { get; }

    /// <summary>Instructions of its system call filter.</summary>
    public int FilterLength { get; }

    /// <summary>Builds the launch, or says why the image cannot be launched so.</summary>
    public static bool TryBuild(
        SptLaunchRequest request, [NotNullWhen(true)] out SptLaunch? launch, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        launch = LaunchChecks.TryPlace(request, AbiTarget.Spt, out ImmutableArray<Segment> segments, out refusal)
            ? Build(request, segments)
            : null;
        return refusal is null && launch is not null;
    }

    private static SptLaunch Build(SptLaunchRequest request, ImmutableArray<Segment> segments)
    {
        ImmutableArray<AttachedDevice> devices = AttachedDevice.From(request.Devices, SptDescriptors.FirstDevice);
        int timer = SptDescriptors.FirstDevice + devices.Length;
        ulong kernelEnd = segments.IsEmpty ? 0 : segments[^1].End;
        byte[] manifest = request.Image.Manifest.GuestCopy(request.Devices, SptDescriptors.FirstDevice);
        byte[] bootInformation = SptBootInformation.Build(request.Memory, kernelEnd, timer, manifest, request.CommandLine.Span);
        byte[] filter = SyscallFilter.Build(SptFilter.Rules(timer, devices));

        var table = new CallTable(ProcessLayout.Table, "spt");
        table.Place(new byte[8]);
        SptRows.Add(table, request, segments, devices, timer, filter);
        byte[] tableBytes = table.Build(
            out uint firstRow, request.Memory.Bytes - 8, SptLayout.BootInformation, request.Image.Elf.Entry);
        BinaryPrimitives.WriteUInt32LittleEndian(tableBytes, firstRow);
        LaunchChecks.RequireRoom(bootInformation.Length, ProcessLayout.Table - SptLayout.BootInformation);
        LaunchChecks.RequireRoom(tableBytes.Length, ProcessLayout.TableEnd - ProcessLayout.Table);

        byte[] executable = LauncherElf.Build(
            LauncherCode.SptEntry,
            [
                new LauncherPart(LauncherElf.ReadWrite, SptLayout.BootInformation, bootInformation),
                new LauncherPart(LauncherElf.ReadOnly, ProcessLayout.Table, tableBytes),
            ]);
        return new SptLaunch(executable, table.RowCount, filter.Length / FilterProgram.InstructionBytes);
    }
}
