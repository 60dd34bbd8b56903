using System.Threading.Channels;
using Albatross.Orchestration.Vmmd;
using Microsoft.Extensions.Logging;

namespace Albatross.Daemon.Vmmd;

/// <summary>One reader of one channel: the only place where the state of vmmd changes. No locks.</summary>
internal sealed class VmmdLoop(ChannelReader<VmmdInput> inputs, Action<VmmdEffect> start, ILogger log)
{
    /// <summary>Steps until everything has ended after a <see cref="VmmdInput.ShutdownRequested"/>.</summary>
    public async Task RunAsync(VmmdState state)
    {
        await foreach (VmmdInput input in inputs.ReadAllAsync().ConfigureAwait(false))
        {
            (state, var effects) = VmmdStep.Step(state, input);
            Note(input, effects.Length);
            foreach (VmmdEffect effect in effects)
            {
                if (effect is VmmdEffect.Finished)
                {
                    return;
                }

                start(effect);
            }
        }
    }

    private void Note(VmmdInput input, int effects)
    {
        switch (input)
        {
            case VmmdInput.TenderStarted started:
                Log.Started(log, started.Name, started.ProcessId);
                break;
            case VmmdInput.TenderExited exited:
                Log.Exited(log, exited.Name, exited.Status);
                break;
        }

        Log.Stepped(log, input.GetType().Name, effects);
    }
}
