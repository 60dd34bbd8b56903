using System.Globalization;
using Albatross.Solo5;
using Albatross.Solo5.Spt;

namespace Albatross.Tender;

/// <summary>Why an option was not taken.</summary>
/// <param name="Text">The message, or null if the option is merely unknown.</param>
/// <param name="ShowsUsage">Whether "Invalid option" and the usage follow.</param>
internal sealed record OptionRefusal(string? Text, bool ShowsUsage)
{
    /// <summary>An option that nobody takes, or that is malformed.</summary>
    internal static OptionRefusal Unknown { get; } = new(null, ShowsUsage: true);
}

/// <summary>The second pass over the options, with the manifest at hand. It opens what the options attach.</summary>
internal sealed class TenderOptions(Manifest manifest, AbiTarget target) : IDisposable
{
    private const ulong DefaultMebibytes = 512;

    /// <summary>Guest memory that was asked for.</summary>
    internal ulong Mebibytes { get; private set; } = DefaultMebibytes;

    /// <summary>What an spt guest may do with its heap.</summary>
    internal HeapAccess Heap { get; private set; }

    /// <summary>The devices that were attached.</summary>
    internal DeviceOptions Devices { get; } = new(manifest);

    /// <summary>Takes one option; null means that it was taken.</summary>
    internal OptionRefusal? Take(ReadOnlySpan<byte> option)
    {
        if (target == AbiTarget.Spt && option.SequenceEqual("--x-exec-heap"u8))
        {
            Heap = HeapAccess.ReadWriteExecute;
            return null;
        }

        return option.StartsWith("--mem="u8) ? TakeMemory(option["--mem="u8.Length..]) : Devices.Take(option);
    }

    /// <inheritdoc/>
    public void Dispose() => Devices.Dispose();

    private OptionRefusal? TakeMemory(ReadOnlySpan<byte> text)
    {
        bool isNumber = ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong mebibytes);
        if (!isNumber || mebibytes == 0)
        {
            return new OptionRefusal("Malformed argument to --mem", ShowsUsage: false);
        }

        Mebibytes = mebibytes;
        return null;
    }
}
