using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Albatross.Linux;
using Albatross.Solo5;
using Albatross.Solo5.Hvt;
using Albatross.Solo5.Launch;

namespace Albatross.Tender;

/// <summary>
/// Runs one image with solo5-hvt's command line: look at the arguments, read the image, interpret the options, ask KVM, build the launch,
/// become it. Every way out before the last step is a message and a status.
/// </summary>
/// <param name="messages">For the person.</param>
/// <param name="command">The words before the options, for the usage.</param>
internal sealed class HvtCommand(Messages messages, string command)
{
    private const string ProcessName = "hvt-guest";

    /// <summary>The status of the process if the guest was not started; otherwise it does not come back.</summary>
    internal int Run(ReadOnlySpan<byte[]> arguments) => TenderArguments.Split(arguments) switch
    {
        FirstPass.Help => Messages.Usage(command),
        FirstPass.Version => messages.Version(),
        FirstPass.Run run => Run(run),
        _ => Misused("Missing KERNEL operand"),
    };

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

    private static (UnikernelImage? Image, ImageRefusal? Refusal) Parse(ReadOnlySpan<byte> bytes) =>
        UnikernelImage.TryParse(bytes, out UnikernelImage? image, out ImageRefusal? refusal) ? (image, null) : (null, refusal);

    private int Start(FirstPass.Run run, string kernel, UnikernelImage image, SealedFile file)
    {
        var options = new HvtOptions();
        foreach (byte[] option in run.Options)
        {
            if (options.Take(option, image.Manifest) is { } unfit)
            {
                return Refuse(unfit, RawArguments.TextOf(option));
            }
        }

        if (!GuestMemorySize.TryFromMebibytes(options.Mebibytes, out GuestMemorySize memory, out ImageRefusal? refusal))
        {
            return messages.Fail(refusal.Text);
        }

        if (memory.Bytes != options.Mebibytes << 20)
        {
            messages.Warn($"adjusting memory to {memory.Bytes} bytes");
        }

        try
        {
            using KvmHost kvm = KvmHost.Open();
            var request = new HvtLaunchRequest
            {
                Image = image,
                Memory = memory,
                CommandLine = TenderArguments.Join(run.GuestArguments),
                Kvm = new KvmFacts(kvm.RunSizeBytes, kvm.Cpuid),
                ImageAccess = ImageAccess.Share,
            };
            return HvtLaunch.TryBuild(request, out HvtLaunch? launch, out refusal)
                ? Become(launch, kvm, file)
                : Refuse(refusal, kernel, image);
        }
        catch (LinuxException e) when (e.Call == "open")
        {
            return messages.Fail($"Could not open: /dev/kvm: {Marshal.GetPInvokeErrorMessage(e.Errno)}");
        }
        catch (Exception e) when (e is LinuxException or PlatformNotSupportedException)
        {
            return messages.Fail(e.Message);
        }
    }

    /// <summary>The order is that of <see cref="LaunchDescriptors"/> from 3 on.</summary>
    private static int Become(HvtLaunch launch, KvmHost kvm, SealedFile image)
    {
        using SealedFile executable = SealedFile.OfExecutable(ProcessName, launch.Executable.Span);
        using TimerDescriptor timer = TimerDescriptor.Create();
        ImmutableArray<SafeHandle> descriptors = [kvm, image, timer];
        Exec.Replace(executable, ProcessName, descriptors);
        return 1;
    }

    private int Refuse(OptionRefusal refusal, string option)
    {
        if (refusal.Text is not null)
        {
            messages.Warn(refusal.Text);
        }

        return refusal.ShowsUsage ? Misused($"Invalid option: `{option}'") : 1;
    }

    private int Refuse(ImageRefusal refusal, string kernel, UnikernelImage image)
    {
        switch (refusal.Code)
        {
            case ImageRefusalCode.DevicesNotAttached:
                foreach (ManifestEntry device in image.Manifest.Devices)
                {
                    messages.Warn($"Device '{device.Name}' of type {device.Type.ManifestName()} declared but not attached.");
                }

                return messages.Fail("All declared devices must be attached. See --help for syntax.");

            case ImageRefusalCode.InvalidCommandLine:
                return messages.Fail(refusal.Text);

            default:
                return messages.Fail($"{kernel}: {refusal.Text}");
        }
    }

    private int Misused(string text)
    {
        messages.Warn(text);
        return Messages.Usage(command);
    }
}
