using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy;
using Albatross.Solo5;

namespace Albatross.Daemon.Vmmd;

/// <summary>A tender program of the host, such as solo5-hvt: whether it is one, and its documented command line.</summary>
internal static class InstalledTender
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Asks the program <paramref name="path"/> for its version; null if it is the tender of <paramref name="target"/>, else a sentence.
    /// </summary>
    public static async Task<string?> WhyNotAsync(string path, AbiTarget target)
    {
        string subject = $"{path} cannot be used as the tender of {target.ManifestName()} images";
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(path, ["--version"])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            }) ?? throw new UnreachableException();
            process.StandardInput.Close();
            using var deadline = new CancellationTokenSource(Patience);
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
                string printed = await process.StandardError.ReadToEndAsync(deadline.Token).ConfigureAwait(false);
                printed += "\n" + await output.ConfigureAwait(false);
                await process.WaitForExitAsync(deadline.Token).ConfigureAwait(false);
                return process.ExitCode != 0
                    ? $"{subject}: --version ends with status {process.ExitCode}"
                    : TenderVersion.TryParse(printed, target, out _, out string? why) ? null : $"{subject}: it {why}";
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return $"{subject}: --version does not end";
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return $"{subject}: {e.Message}";
        }
    }

    /// <summary>
    /// Its arguments (semantics, section 5). The guest's command line is one argument, which the tender passes on as it is; it can be read
    /// by every user of the host.
    /// </summary>
    /// <param name="start">What is started.</param>
    /// <param name="nets">Each interface with its tap.</param>
    /// <param name="blocks">Each block device with its file.</param>
    /// <param name="image">The path under which the tender finds the image.</param>
    public static ImmutableArray<ReadOnlyMemory<byte>> Arguments(
        TenderStart start,
        IEnumerable<(NetOrder Order, string Tap)> nets,
        IEnumerable<(BlockOrder Order, string Path)> blocks,
        string image)
    {
        var arguments = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        arguments.Add(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"--mem={start.MemoryMib}")));
        arguments.AddRange(nets.Select(net => Option("--net:"u8, net.Order.Device, net.Tap)));
        arguments.AddRange(nets.Select(net => Option("--net-mac:"u8, net.Order.Device, net.Order.Mac.ToString())));
        arguments.AddRange(blocks.Select(block => Option("--block:"u8, block.Order.Device, block.Path)));
        arguments.AddRange(blocks
            .Where(block => block.Order.SectorBytes != DeviceAttachment.Block.DefaultSectorBytes)
            .Select(block => Option(
                "--block-sector-size:"u8, block.Order.Device, block.Order.SectorBytes.ToString(CultureInfo.InvariantCulture))));
        arguments.Add("--"u8.ToArray());
        arguments.Add(Encoding.UTF8.GetBytes(image));
        if (!start.CommandLine.IsEmpty)
        {
            arguments.Add(start.CommandLine);
        }

        return arguments.DrainToImmutable();
    }

    private static ReadOnlyMemory<byte> Option(ReadOnlySpan<byte> option, RawText device, string value) =>
        (byte[])[.. option, .. device.Bytes.Span, (byte)'=', .. Encoding.UTF8.GetBytes(value)];
}
