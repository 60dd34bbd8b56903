namespace Albatross.Solo5.Launch;

/// <summary>What every launch checks before it is built, in the order of solo5-hvt.</summary>
internal static class LaunchChecks
{
    /// <summary>CPU numbers end here (CONFIG_NR_CPUS is at most 8192).</summary>
    internal const int CpuLimit = 8192;

    /// <summary>Bytes for the command line, its NUL included.</summary>
    internal const int CommandLineAreaBytes = 8192;

    /// <summary>The placed segments, or the first thing that is wrong with a request to the tender of <paramref name="target"/>.</summary>
    internal static bool TryPlace(
        LaunchRequest request, AbiTarget target, out ImmutableArray<Segment> segments, [NotNullWhen(false)] out ImageRefusal? refusal)
    {
        segments = [];
        refusal = request.Image.Abi.Target == target ? null : AbiNote.WrongTarget(target, request.Image.Abi.Target);
        if (refusal is not null || !SegmentPlacement.TryPlace(request.Image.Elf, request.Memory, out segments, out refusal))
        {
            return false;
        }

        refusal = CheckDevices(request.Image.Manifest, request.Devices)
            ?? CheckCommandLine(request.CommandLine.Span)
            ?? CheckCpus(request.Cpus);
        return refusal is null;
    }

    /// <summary>The limits on segments, manifest and CPUID guarantee room; a breach is a mistake in this project.</summary>
    internal static void RequireRoom(long bytes, uint available)
    {
        if (bytes > available)
        {
            throw new InvalidOperationException($"a part of the launcher has {bytes} bytes where {available} are free");
        }
    }

    private static ImageRefusal? CheckDevices(Manifest manifest, ImmutableArray<DeviceAttachment> devices)
    {
        var handles = new HashSet<int>();
        foreach (DeviceAttachment device in devices)
        {
            ManifestEntry entry = device.Entry;
            if (entry.Index >= manifest.Entries.Length || manifest.Entries[entry.Index] != entry)
            {
                return new ImageRefusal(ImageRefusalCode.DeviceNotDeclared, $"Resource not declared in manifest: '{entry.Name}'");
            }

            if (device.Check() is { } unfit)
            {
                return unfit;
            }

            if (!handles.Add(entry.Index))
            {
                return new ImageRefusal(ImageRefusalCode.InvalidDevice, $"{entry.Name}: attached twice");
            }
        }

        string names = string.Join(", ", manifest.Missing(devices).Select(device => $"'{device.Name}' ({device.Type.ManifestName()})"));
        return names.Length == 0
            ? null
            : new ImageRefusal(ImageRefusalCode.DevicesNotAttached, $"All declared devices must be attached, and these are not: {names}");
    }

    private static ImageRefusal? CheckCommandLine(ReadOnlySpan<byte> commandLine)
    {
        const int Longest = CommandLineAreaBytes - 1;
        return commandLine.Length > Longest
            ? new ImageRefusal(ImageRefusalCode.InvalidCommandLine, $"Guest command line too long (max={Longest} characters)")
            : commandLine.Contains((byte)0)
                ? new ImageRefusal(ImageRefusalCode.InvalidCommandLine, "Guest command line contains a NUL character")
                : null;
    }

    private static ImageRefusal? CheckCpus(ImmutableArray<int> cpus) => cpus.Any(cpu => cpu is < 0 or >= CpuLimit)
        ? new ImageRefusal(ImageRefusalCode.InvalidCpuSet, $"a CPU has a number from 0 to {CpuLimit - 1}")
        : null;
}
