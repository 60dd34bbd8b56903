using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Policy.Names;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Vmmd;

/// <summary>
/// The block devices of this host: files in one directory, or symbolic links to devices, each called by its name (<c>foo:data</c>) and a
/// whole number of MiB large (semantics, sections 2 and 7).
/// </summary>
internal sealed class BlockDirectory(DaemonOptions options, ILogger log)
{
    private const int MebibyteShift = 20;
    private const ulong Mebibyte = 1UL << MebibyteShift;

    /// <summary>What is there now, and how many MiB each has; what cannot be a block device is skipped with a warning.</summary>
    public IReadOnlyList<(Name Name, long SizeMib)> Scan()
    {
        var found = new List<(Name, long)>();
        foreach (string file in Directory.EnumerateFiles(options.BlockDirectory).Order(StringComparer.Ordinal))
        {
            string text = Path.GetFileName(file);
            try
            {
                using BlockDevice device = BlockDevice.Open(System.Text.Encoding.UTF8.GetBytes(file));
                if (!Name.TryParse(text, out Name name, out Refusal? refusal) || name.Label is null || name.ToString() != text)
                {
                    Log.BlockSkipped(log, text, refusal?.Text ?? "it is not called as a block device is");
                }
                else if (device.CapacityBytes == 0 || device.CapacityBytes % Mebibyte != 0)
                {
                    Log.BlockSkipped(log, text, $"it has {device.CapacityBytes} bytes, which is no whole number of MiB");
                }
                else
                {
                    found.Add((name, (long)(device.CapacityBytes >> MebibyteShift)));
                }
            }
            catch (LinuxException e)
            {
                Log.BlockSkipped(log, text, Marshal.GetPInvokeErrorMessage(e.Errno));
            }
        }

        return found;
    }

    /// <summary>Opens one for a unikernel.</summary>
    /// <exception cref="IOException">It is not there, or cannot be opened; the message names no path.</exception>
    public HeldBlock Open(BlockOrder order)
    {
        string path = Path.Combine(options.BlockDirectory, order.Block.ToString());
        try
        {
            return new HeldBlock(order, path, BlockDevice.Open(System.Text.Encoding.UTF8.GetBytes(path)));
        }
        catch (LinuxException e)
        {
            throw new IOException($"block device {order.Block} cannot be opened: {Marshal.GetPInvokeErrorMessage(e.Errno)}", e);
        }
    }
}
