using Albatross.Orchestration.Simulation;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;

namespace Albatross.Tests.Orchestration;

/// <summary>The simulated host keeps the contract of the real one.</summary>
public sealed class SimulatedHostTests : HostContract
{
    protected override Task<IContractHost> OpenAsync() => Task.FromResult<IContractHost>(new Adapter());

    private sealed class Adapter : IContractHost
    {
        // More than anything of this suite takes; virtual time, so it costs nothing.
        private const int MostTries = 1000;

        private readonly SimulatedHost _host = new(new Dice(1), FaultChances.Never, new SimulationFigures());

        public Adapter() => _host.Blocks.Add(VmmdScript.NameOf("foo:disk"), 1);

        public int Images => _host.ImageFiles.Count;

        public DesiredState? Stored => _host.Disk;

        public void Start(VmmdEffect effect) => _host.Start(effect);

        public Task<VmmdInput> NextAsync()
        {
            for (int i = 0; i < MostTries; i++)
            {
                if (_host.Next() is { } input)
                {
                    return Task.FromResult(input);
                }
            }

            throw new InvalidOperationException("nothing comes");
        }

        public Task<IReadOnlyList<VmmdInput>> EndAsync()
        {
            var left = new List<VmmdInput>();
            for (int i = 0; i < MostTries && !_host.IsIdle; i++)
            {
                if (_host.Next() is { } input)
                {
                    left.Add(input);
                }
            }

            return Task.FromResult<IReadOnlyList<VmmdInput>>(left);
        }

        public void Break(VmmdEffect effect) => _host.NextNo = Errno.EIO;

        public bool HasBlock(Name name) => _host.Blocks.ContainsKey(name);

        public bool HasTraces(Name name) => _host.Traces.Contains(name);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
