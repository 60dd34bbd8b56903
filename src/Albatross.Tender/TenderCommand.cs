using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Launch;

namespace Albatross.Tender;

/// <summary>One unikernel about to be launched: its image read, its options taken, its devices opened.</summary>
/// <param name="Image">What the image says of itself.</param>
/// <param name="File">Its bytes, which nobody can change any more.</param>
/// <param name="Kernel">The name of the file, for messages.</param>
/// <param name="Memory">Guest memory.</param>
/// <param name="CommandLine">The guest's command line.</param>
/// <param name="Options">Everything else that was asked for.</param>
internal sealed record TenderStart(
    UnikernelImage Image, SealedFile File, string Kernel, GuestMemorySize Memory, byte[] CommandLine, TenderOptions Options);

/// <summary>
/// Runs one image with the command line of solo5-hvt and solo5-spt: look at the arguments, read the image, interpret the options, build the
/// launch, become it. Every way out before the last step is a message and a status.
/// </summary>
/// <param name="messages">For the person.</param>
/// <param name="command">The words before the options, for the usage.</param>
/// <param name="target">Whose images it runs.</param>
internal abstract class TenderCommand(Messages messages, string command, AbiTarget target)
{
    /// <summary>For the person.</summary>
    protected Messages Messages => messages;

    /// <summary>The status of the process if the guest was not started; otherwise it does not come back.</summary>
    internal int Run(ReadOnlySpan<byte[]> arguments) => TenderArguments.Split(arguments) switch
    {
        FirstPass.Help => Messages.Usage(command, target),
        FirstPass.Version => messages.Version(),
        FirstPass.Run run => Run(run),
        _ => Misused("Missing KERNEL operand"),
    };

    /// <summary>Builds the launch and becomes it; gives the status if it did not.</summary>
    protected abstract int Launch(TenderStart start, TenderSandbox sandbox);

    /// <summary>How this process, which becomes the unikernel, is closed in.</summary>
    protected static Confinement ConfinementIn(TenderSandbox sandbox) =>
        sandbox.ConfinementOf(UnikernelUser.OfProcess(Environment.ProcessId));

    /// <summary>Says which layers of the sandbox were left out, if any, and becomes the unikernel.</summary>
    /// <exception cref="LinuxException">It did not happen.</exception>
    protected int Become(ReadOnlyMemory<byte> launcher, string processName, TenderSandbox sandbox)
    {
        if (ConfinementIn(sandbox).Report is { } report)
        {
            messages.Warn(report);
        }

        using SealedFile executable = SealedFile.OfExecutable(processName, launcher.Span);
        Exec.Replace(executable, processName);
        return 1;
    }

    /// <summary>Says why a launch was refused.</summary>
    protected int Refuse(ImageRefusal refusal, TenderStart start)
    {
        switch (refusal.Code)
        {
            case ImageRefusalCode.DevicesNotAttached:
                foreach (ManifestEntry device in start.Image.Manifest.Missing(start.Options.Devices.Attachments))
                {
                    messages.Warn($"Device '{device.Name}' of type {device.Type.ManifestName()} declared but not attached.");
                }

                return messages.Fail("All declared devices must be attached. See --help for syntax.");

            case ImageRefusalCode.InvalidCommandLine or ImageRefusalCode.InvalidDevice:
                return messages.Fail(refusal.Text);

            default:
                return messages.Fail($"{start.Kernel}: {refusal.Text}");
        }
    }

    private int Run(FirstPass.Run run)
    {
        string kernel = RawArguments.TextOf(run.Kernel);
        SealedFile file;
        try
        {
            using DeviceFile source = DeviceFile.OpenForReading(run.Kernel);
            file = SealedFile.CopyOf("image", source);
        }
        catch (LinuxException e)
        {
            return messages.Fail($"{kernel}: Could not {e.Call}: {Marshal.GetPInvokeErrorMessage(e.Errno)}");
        }

        using (file)
        {
            (UnikernelImage? image, ImageRefusal? refusal) = file.Read(Parse);
            return image is null ? messages.Fail($"{kernel}: {refusal?.Text}") : Start(run, kernel, image, file);
        }
    }

    private (UnikernelImage? Image, ImageRefusal? Refusal) Parse(ReadOnlySpan<byte> bytes) =>
        UnikernelImage.TryParse(bytes, target, out UnikernelImage? image, out ImageRefusal? refusal) ? (image, null) : (null, refusal);

    private int Start(FirstPass.Run run, string kernel, UnikernelImage image, SealedFile file)
    {
        using var options = new TenderOptions(image.Manifest, target);
        foreach (byte[] option in run.Options)
        {
            if (options.Take(option) is { } unfit)
            {
                return Refuse(unfit, RawArguments.TextOf(option));
            }
        }

        if (!GuestMemorySize.TryFromMebibytes(options.Mebibytes, target, out GuestMemorySize memory, out ImageRefusal? refusal))
        {
            return messages.Fail(refusal.Text);
        }

        if (memory.Bytes != options.Mebibytes << 20)
        {
            messages.Warn($"adjusting memory to {memory.Bytes} bytes");
        }

        try
        {
            using TenderSandbox sandbox = TenderSandbox.Open();
            return Launch(
                new TenderStart(image, file, kernel, memory, TenderArguments.Join(run.GuestArguments), options), sandbox);
        }
        catch (LinuxException e)
        {
            return messages.Fail(e.Message);
        }
    }

    private int Refuse(OptionRefusal refusal, string option)
    {
        if (refusal.Text is not null)
        {
            messages.Warn(refusal.Text);
        }

        return refusal.ShowsUsage ? Misused($"Invalid option: `{option}'") : 1;
    }

    private int Misused(string text)
    {
        messages.Warn(text);
        return Messages.Usage(command, target);
    }
}
