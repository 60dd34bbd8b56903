using System.Globalization;
using System.Text;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Policies;
using Albatross.Protocol.Commands;

namespace Albatross.Orchestration.Simulation;

/// <summary>An effect as one line, so that a test can say what vmmd does in the order in which it does it.</summary>
internal static class EffectText
{
    public static string Of(VmmdEffect effect) => effect switch
    {
        VmmdEffect.Reply reply => Of(reply.To, reply.Answer) + (reply.After == Connection.KeepOpen ? " (stays open)" : ""),
        VmmdEffect.PrepareImage prepare => $"prepare {prepare.Name}#{prepare.Incarnation}",
        VmmdEffect.CheckImage check => $"check {check.Name}#{check.Incarnation} with image {Of(check.Image)}",
        VmmdEffect.RetainImage retain => $"retain {Of(retain.Image)}",
        VmmdEffect.SendImage send => $"answer {send.To.Connection}: image {Of(send.Image)}, level {send.Level}",
        VmmdEffect.Store store => Of(store),
        VmmdEffect.ReleaseImage release => $"release {Of(release.Image)}",
        VmmdEffect.AttachDevices attach => $"attach to {attach.Name}#{attach.Incarnation}: {Of(attach.Devices)}",
        VmmdEffect.DetachDevices detach => $"detach from {detach.Name}#{detach.Incarnation}",
        VmmdEffect.MakeBlock make => $"make block {make.Name} of {make.SizeMib} MiB{(make.Content is null ? "" : $" with {make.Content}")}",
        VmmdEffect.FillBlock fill => $"fill block {fill.Name} of {fill.SizeMib} MiB with {fill.Content}",
        VmmdEffect.SendBlock send =>
            $"answer {send.To.Connection}: block {send.Name}, level {send.Level}{(send.IsWhole ? ", at once" : "")}",
        VmmdEffect.RemoveBlock remove => $"remove block {remove.Name}",
        VmmdEffect.GiveBlockUp give => $"give block {give.Name} up",
        VmmdEffect.OpenConsole open => $"open console of {open.Name}#{open.Incarnation}, {Of(open.Unikernels)} in its path",
        VmmdEffect.ReopenConsole reopen => $"reopen console of {reopen.Name}, {Of(reopen.Unikernels)} in its path",
        VmmdEffect.StartTender start => $"start {start.Name}#{start.Incarnation} of image {Of(start.Start)}",
        VmmdEffect.SignalTender signal => $"{signal.Signal} {signal.Name}#{signal.Incarnation}",
        VmmdEffect.RemoveTraces remove => $"remove traces of {remove.Name}",
        VmmdEffect.TellStatistics { Command: Command.StatisticsAdd add } tell =>
            $"statistics: {tell.Name} runs as {add.ProcessId}{string.Concat(add.Interfaces.Select(net => $", {net.Device} is {net.Tap}"))}",
        VmmdEffect.TellStatistics { Command: Command.StatisticsRemove } tell => $"statistics: {tell.Name} has ended",
        VmmdEffect.WakeAfter wake =>
            string.Create(CultureInfo.InvariantCulture, $"wake {wake.Name}#{wake.Incarnation} after {wake.Delay.TotalSeconds} s"),
        VmmdEffect.Report report => $"report {report.Name}: {report.Text}",
        VmmdEffect.Finished => "finished",
        _ => throw new InvalidOperationException($"{effect.GetType().Name} has no text"),
    };

    /// <summary>Images of tests are called by one hexadecimal digit.</summary>
    public static ImageId ImageOf(char digit) => new(new string(digit, 64));

    private static string Of(VmmdEffect.Store store) => string.Create(
        CultureInfo.InvariantCulture,
        $"store {store.Version}{(store.Delay > TimeSpan.Zero ? $" after {store.Delay.TotalSeconds} s" : "")}: "
        + $"[{string.Join(' ', store.State.Unikernels.Select(entry => $"{entry.Key}={Of(entry.Value.Image)}"))}], "
        + $"policies [{string.Join(' ', store.State.Policies.Keys)}]");

    private static string Of(ImageId image) => image.Sha256[..1];

    private static string Of(TenderStart start) =>
        $"{Of(start.Image)}, {start.MemoryMib} MiB, CPUs {start.CpuIds}: {Encoding.UTF8.GetString(start.CommandLine.Span)}";

    private static string Of(DeviceOrder order) => string.Join(
        ", ",
        order.Nets.Select(net => $"{net.Device} on {net.Bridge} with {net.Mac}")
            .Concat(order.Blocks.Select(block => $"{block.Device} is {block.Block} in sectors of {block.SectorBytes}")));

    private static string Of(long unikernels) => unikernels == ResourcePolicy.Unlimited ? "any number" : $"{unikernels}";

    private static string Of(Requester to, Reply reply) => reply switch
    {
        Reply.Failure failure => $"refuse {to.Connection}: {failure.Text}",
        Reply.Success success => $"answer {to.Connection}: {success.Text}",
        Reply.Empty => $"answer {to.Connection}",
        Reply.Unikernels { Form: InfoForm.Current } list => $"answer {to.Connection}: unikernels [{Names(list.Entries)}]",
        Reply.Unikernels list => $"answer {to.Connection}: unikernels {list.Form} [{Names(list.Entries)}]",
        Reply.BlockDevices list => $"answer {to.Connection}: blocks [{string.Join(' ', list.Entries.Select(Of))}]",
        Reply.Policies list => $"answer {to.Connection}: policies [{Names(list.Entries)}]",
        _ => throw new InvalidOperationException($"{reply.GetType().Name} has no text"),
    };

    private static string Of(Entry<BlockDevice> entry) =>
        $"{entry.Name}={entry.Value.SizeMib}{(entry.Value.Active ? " in use" : "")}";

    private static string Names<T>(IEnumerable<Entry<T>> entries) => string.Join(' ', entries.Select(entry => entry.Name));
}
