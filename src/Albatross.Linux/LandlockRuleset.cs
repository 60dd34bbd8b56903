using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Albatross.Linux;

/// <summary>What a path of a ruleset may be used for, with everything below it when it is a directory.</summary>
[Flags]
public enum PathAccess
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>To be read.</summary>
    Read = 1,

    /// <summary>To be written, without making, removing or truncating anything; ioctl on devices.</summary>
    Write = 2,

    /// <summary>To be executed.</summary>
    Execute = 4,
}

/// <summary>A list of paths to which a process will be restricted (landlock(7)).</summary>
public sealed class LandlockRuleset : OwnedDescriptor
{
    // linux/landlock.h
    private const ulong Execute = 1, WriteFile = 2, ReadFile = 4, DeviceControl = 1 << 15;

    /// <summary>EBADFD: a pipe, a memfd or another file without a place in a file system, which landlock never refuses.</summary>
    private const int BadFileDescriptorState = 77;

    private readonly ulong _handled;

    private LandlockRuleset(int descriptor, ulong handled)
        : base(descriptor) => _handled = handled;

    /// <summary>A ruleset that allows nothing of what <paramref name="attributes"/>, a struct landlock_ruleset_attr, says.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public static LandlockRuleset Create(ReadOnlySpan<byte> attributes)
    {
        nint descriptor = Libc.CreateRuleset(Libc.CallLandlockCreateRuleset, attributes, attributes.Length, 0);
        return new LandlockRuleset(
            LinuxException.Check((int)descriptor, "landlock_create_ruleset"), BinaryPrimitives.ReadUInt64LittleEndian(attributes));
    }

    /// <summary>Allows a path, whose symbolic links are followed now; gives false if there is no such path.</summary>
    /// <exception cref="LinuxException">The host said no.</exception>
    public bool Allow(ReadOnlySpan<byte> path, PathAccess access)
    {
        byte[] terminated = [.. path, 0];
        int descriptor = Libc.OpenPath(terminated, Libc.OpenPathOnly | Libc.OpenCloseOnExec);
        if (descriptor < 0 && Marshal.GetLastPInvokeError() == Libc.NoSuchEntry)
        {
            return false;
        }

        using var opened = new OwnedDescriptor(LinuxException.Check(descriptor, "open", System.Text.Encoding.UTF8.GetString(path)));
        ulong rights = (access.HasFlag(PathAccess.Read) ? ReadFile : 0)
            | (access.HasFlag(PathAccess.Write) ? WriteFile | DeviceControl : 0)
            | (access.HasFlag(PathAccess.Execute) ? Execute : 0);

        // struct landlock_path_beneath_attr, packed: rights u64, descriptor i32.
        var rule = new byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(rule, rights & _handled);
        BinaryPrimitives.WriteInt32LittleEndian(rule.AsSpan(8), opened.Number);
        nint result = Libc.AddRule(Libc.CallLandlockAddRule, this, Libc.LandlockPathBeneath, rule, 0);
        if (result < 0 && Marshal.GetLastPInvokeError() == BadFileDescriptorState)
        {
            return true;
        }

        LinuxException.Check((int)result, "landlock_add_rule", System.Text.Encoding.UTF8.GetString(path));
        return true;
    }
}
