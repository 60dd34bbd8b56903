using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;

namespace Albatross.Protocol.Commands;

/// <summary>What is answered to a <see cref="Command"/> (wire specification, section 3: success, failure, data).</summary>
public abstract record Reply
{
    private protected Reply() { }

    /// <summary>Refused or failed.</summary>
    /// <param name="Text">Why, for the person.</param>
    public sealed record Failure(RawText Text) : Reply
    {
        /// <summary>A failure with UTF-8 text.</summary>
        public static Failure Of(string text) => new(RawText.Of(text));
    }

    /// <summary>Done, nothing to tell.</summary>
    public sealed record Empty : Reply;

    /// <summary>Done.</summary>
    /// <param name="Text">What was done, for the person.</param>
    public sealed record Success(RawText Text) : Reply
    {
        /// <summary>A success with UTF-8 text.</summary>
        public static Success Of(string text) => new(RawText.Of(text));
    }

    /// <summary>Policies, in the order of section 5.</summary>
    /// <param name="Entries">Name relative to the path asked for, and policy.</param>
    public sealed record Policies(ImmutableArray<Entry<ResourcePolicy>> Entries) : Reply;

    /// <summary>Block devices.</summary>
    /// <param name="Entries">Name relative to the path asked for, and what is known of it.</param>
    public sealed record BlockDevices(ImmutableArray<Entry<BlockDevice>> Entries) : Reply;

    /// <summary>An image.</summary>
    /// <param name="Compressed">Whether it is in zlib format.</param>
    /// <param name="Bytes">The image.</param>
    public sealed record Image(bool Compressed, ReadOnlyMemory<byte> Bytes) : Reply;

    /// <summary>Old form: the whole content of a block device.</summary>
    /// <param name="Compressed">Whether it is in zlib format.</param>
    /// <param name="Bytes">The content.</param>
    public sealed record OldBlockDeviceImage(bool Compressed, ReadOnlyMemory<byte> Bytes) : Reply;

    /// <summary>The content of a block device follows as data.</summary>
    /// <param name="Compressed">Whether it is one zlib stream.</param>
    public sealed record BlockDeviceImage(bool Compressed) : Reply;

    /// <summary>Consoles whose unikernel has ended.</summary>
    /// <param name="Names">Relative to the path asked for.</param>
    public sealed record Consoles(ImmutableArray<Name> Names) : Reply;

    /// <summary>Running unikernels.</summary>
    /// <param name="Form">The generation of the encoding.</param>
    /// <param name="Entries">Name relative to the path asked for, and what a client may see.</param>
    public sealed record Unikernels(InfoForm Form, ImmutableArray<Entry<UnikernelInfo>> Entries) : Reply;

    /// <summary>One line of a console.</summary>
    /// <param name="Instant">When it was read; the wire keeps milliseconds.</param>
    /// <param name="Line">Its bytes, without the end of line.</param>
    public sealed record ConsoleLine(DateTimeOffset Instant, RawText Line) : Reply;

    /// <summary>One sample of a unikernel.</summary>
    /// <param name="Sample">The numbers.</param>
    public sealed record Statistics(Sample Sample) : Reply;

    /// <summary>A part of a block device's content.</summary>
    /// <param name="Bytes">The part; null is the end of the stream.</param>
    public sealed record BlockData(ReadOnlyMemory<byte>? Bytes) : Reply;

    /// <summary>A choice of the grammar that this version does not know. Never encoded.</summary>
    /// <param name="Where">The place in the grammar and the tag, for people.</param>
    public sealed record Unknown(string Where) : Reply;
}

/// <summary>A name and what is said of it in a list reply.</summary>
/// <typeparam name="T">What is said.</typeparam>
/// <param name="Name">The name, relative to the path asked for.</param>
/// <param name="Value">What is said.</param>
public sealed record Entry<T>(Name Name, T Value);

/// <summary>A block device of the host.</summary>
/// <param name="SizeMib">Its size in MiB.</param>
/// <param name="Active">Whether a unikernel uses it.</param>
public sealed record BlockDevice(long SizeMib, bool Active);
