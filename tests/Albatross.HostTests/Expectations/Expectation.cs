using Albatross.Guests;
using Albatross.HostTests.Tender;

namespace Albatross.HostTests.Expectations;

/// <summary>
/// One thing that a specification says can be seen from outside, and the guest that shows it. In words and texts stand {target} for hvt or
/// spt, {image} and {disk0}, {disk1}, … for paths, and {tender} for what begins the tender's own lines.
/// </summary>
/// <param name="Target">Whose specification: hvt or spt.</param>
/// <param name="Section">The section of that specification.</param>
/// <param name="Name">The test's name there where it has one.</param>
internal sealed record Expectation(GuestTarget Target, string Section, string Name)
{
    /// <summary>The guest's image.</summary>
    internal required Func<byte[]> Guest { get; init; }

    /// <summary>The words between "albatross-tender hvt" and "--", then the image; null leaves them to <see cref="Words"/>.</summary>
    internal string[] Options { get; init; } = ["--mem=2"];

    /// <summary>The words behind the image.</summary>
    internal string[] Arguments { get; init; } = [];

    /// <summary>All words behind "albatross-tender hvt", where they are not options, "--", image, arguments.</summary>
    internal string[]? Words { get; init; }

    /// <summary>Sizes of files of zeros in the place of block devices, in bytes.</summary>
    internal long[] Disks { get; init; } = [];

    /// <summary>Interfaces, each as NAME MTU ADDRESS.</summary>
    internal string[] Taps { get; init; } = [];

    /// <summary>Words of ping, all at once as soon as the guest says "ready"; every one has to be answered.</summary>
    internal string[][] Pings { get; init; } = [];

    /// <summary>The status as a shell sees it.</summary>
    internal int Status { get; init; }

    /// <summary>All of stdout.</summary>
    internal string Output { get; init; } = "";

    /// <summary>All of stderr; "…" stands for anything.</summary>
    internal string Error { get; init; } = "";

    /// <summary>
    /// What software virtualisation inside a virtual machine (KVM_PVM) does instead: status 1 and this on stderr (section 6 of the hvt
    /// specification, its last paragraph).
    /// </summary>
    internal string? OrErrorOfSoftwareVirtualisation { get; init; }

    /// <summary>Whether it ends before a virtual machine is needed.</summary>
    internal bool EndsBeforeKvm { get; init; }

    /// <summary>How it is called in reports.</summary>
    internal string Key => $"{Target.Name()} {Section}: {Name}";
}
