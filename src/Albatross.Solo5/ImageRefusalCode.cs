namespace Albatross.Solo5;

/// <summary>Why an image, or its launch, is refused. The names are stable: they label metrics and are held by tests.</summary>
public enum ImageRefusalCode
{
    /// <summary>The file is no 64-bit little-endian x86-64 executable (section 1.1 of the ABI description).</summary>
    NotAnExecutable,

    /// <summary>The file ends before something that it announces.</summary>
    Truncated,

    /// <summary>A loaded segment breaks a rule of section 1.2.</summary>
    InvalidSegment,

    /// <summary>A segment asks to be writable and executable at once.</summary>
    WritableAndExecutable,

    /// <summary>There are more loaded segments than a launch has room for.</summary>
    TooManySegments,

    /// <summary>A Solo5 note does not lie within its program header or the file (section 1.3).</summary>
    InvalidNote,

    /// <summary>There is no ABI1 note: not a Solo5 unikernel.</summary>
    NoAbiNote,

    /// <summary>The unikernel was built for another tender or platform.</summary>
    WrongTarget,

    /// <summary>The unikernel was built for another version of its tender's ABI.</summary>
    UnsupportedAbiVersion,

    /// <summary>There is no MFT1 note.</summary>
    NoManifest,

    /// <summary>The manifest breaks a rule of section 1.3.</summary>
    InvalidManifest,

    /// <summary>More guest memory is asked for than a unikernel of its target can have.</summary>
    MemoryTooLarge,

    /// <summary>The manifest declares devices that are not attached.</summary>
    DevicesNotAttached,

    /// <summary>A device is attached that the manifest does not declare, or not as this kind of device.</summary>
    DeviceNotDeclared,

    /// <summary>A device is attached twice, or has a size, address or MTU that a unikernel cannot be given.</summary>
    InvalidDevice,

    /// <summary>The guest's command line has more than 8191 bytes, or contains a NUL.</summary>
    InvalidCommandLine,

    /// <summary>The set of CPUs is empty or names a CPU that no Linux has.</summary>
    InvalidCpuSet,
}
