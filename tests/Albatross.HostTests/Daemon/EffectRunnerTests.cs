using System.Threading.Channels;
using Albatross.Daemon;
using Albatross.Daemon.Consoles;
using Albatross.Daemon.State;
using Albatross.Daemon.Vmmd;
using Albatross.Linux;
using Albatross.Orchestration.Vmmd;
using Albatross.Policy.Names;
using Albatross.Protocol.State;
using Albatross.Tests.Orchestration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Albatross.HostTests.Daemon;

/// <summary>
/// The effect runner keeps the contract that the simulated host keeps: real FIFOs and files below a directory of the test's own, a real
/// console service, and our own spt tender, which needs no KVM.
/// </summary>
public sealed class EffectRunnerTests : HostContract
{
    protected override async Task<IContractHost> OpenAsync()
    {
        HostRequirement.Root();
        return await RealHost.OpenAsync();
    }

    private sealed class RealHost : IContractHost
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

        private readonly Channel<VmmdInput> _inputs = Channel.CreateUnbounded<VmmdInput>();
        private readonly List<VmmdEffect.StartTender> _started = [];
        private readonly CancellationTokenSource _ending = new();
        private readonly DaemonOptions _options;
        private readonly ConsoleRole _consoles;
        private readonly Readiness _readiness = new();
        private readonly HostTenders _hostTenders;
        private readonly ImageStore _images;
        private readonly StateStore _state;
        private readonly TenderLauncher _tenders;
        private readonly EffectRunner _effects;
        private readonly Task _linked;

        private RealHost(string directory)
        {
            _options = new DaemonOptions
            {
                RunDirectory = Path.Combine(directory, "run"),
                DataDirectory = Path.Combine(directory, "db"),
                CaFile = "",
                CertificateFile = "",
                KeyFile = "",
                Address = "",
                Port = 0,
                MetricsPort = 0,
                EndWithInput = false,
            };
            _options.MakeDirectories();
            _options.MakeDataDirectories();
            using (FileStream disk = File.Create(Path.Combine(_options.BlockDirectory, "foo:disk")))
            {
                disk.SetLength(1 << 20);
            }

            _consoles = new ConsoleRole(_options, TimeProvider.System, NullLogger<ConsoleRole>.Instance);
            _hostTenders = new HostTenders(_options);
            _images = new ImageStore(_hostTenders, DurableDirectory.Open(_options.ImageDirectory));
            _state = new StateStore(DurableDirectory.Open(_options.DataDirectory));
            var blocks = new BlockDirectory(_options, NullLogger.Instance);
            blocks.RemoveUnfinished();
            var devices = new HostDevices(_options, blocks, NullLogger.Instance);
            var records = new TenderRecords(DurableDirectory.Open(_options.TenderDirectory));
            _tenders = new TenderLauncher(_hostTenders, devices, _images, records, _readiness, TimeProvider.System);
            var console = new ConsoleLink(_options.ConsoleSocket, () => Task.CompletedTask, TimeProvider.System, NullLogger.Instance);
            _linked = console.RunAsync(_ending.Token);
            _effects = new EffectRunner(
                _options,
                _inputs.Writer,
                _ => null,
                _images,
                _state,
                _tenders,
                devices,
                new BlockService(blocks, _ => null, TimeProvider.System),
                console,
                new StatisticsLink(NullLogger.Instance),
                TimeProvider.System,
                NullLogger.Instance);
        }

        public int Images => Directory.GetFiles(_options.ImageDirectory).Length;

        public DesiredState? Stored => _state.Load();

        public static async Task<RealHost> OpenAsync()
        {
            var host = new RealHost(Directory.CreateTempSubdirectory("albatross-contract-").FullName);
            await host._consoles.StartAsync(CancellationToken.None);
            return host;
        }

        public void Start(VmmdEffect effect)
        {
            if (effect is VmmdEffect.StartTender start)
            {
                _started.Add(start);
            }

            _effects.Start(effect);
        }

        public async Task<VmmdInput> NextAsync() => await _inputs.Reader.ReadAsync().AsTask().WaitAsync(Patience);

        public async Task<IReadOnlyList<VmmdInput>> EndAsync()
        {
            await _effects.EndAsync().WaitAsync(Patience);
            var left = new List<VmmdInput>();
            while (_inputs.Reader.TryRead(out VmmdInput? input))
            {
                left.Add(input);
            }

            return left;
        }

        // The other effects of the contract ask for what is not there.
        public void Break(VmmdEffect effect)
        {
            switch (effect)
            {
                case VmmdEffect.Store:
                    Directory.CreateDirectory(Path.Combine(_options.DataDirectory, DurableReplacement.TemporaryNameOf(StateFiles.Host)));
                    break;
                case VmmdEffect.MakeBlock make:
                    File.WriteAllText(Path.Combine(_options.BlockDirectory, make.Name.ToString()), "in the way");
                    break;
                case VmmdEffect.OpenConsole open:
                    File.WriteAllText(FifoOf(open.Name), "no FIFO");
                    break;
            }
        }

        public bool HasBlock(Name name) => File.Exists(Path.Combine(_options.BlockDirectory, name.ToString()));

        public bool HasTraces(Name name) => File.Exists(FifoOf(name));

        public async ValueTask DisposeAsync()
        {
            foreach (VmmdEffect.StartTender start in _started)
            {
                _tenders.Signal(start.Name, start.Incarnation, TenderSignal.Kill);   // only one that a failed test has left
            }

            await _effects.EndAsync();
            await _ending.CancelAsync();
            await _linked.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _consoles.StopAsync(CancellationToken.None);
            _consoles.Dispose();
            _effects.Dispose();
            _tenders.Dispose();
            _images.Dispose();
            _hostTenders.Dispose();
            _readiness.Dispose();
            _ending.Dispose();
            Directory.Delete(Path.GetDirectoryName(_options.RunDirectory)!, recursive: true);
        }

        private string FifoOf(Name name) => Path.Combine(_options.FifoDirectory, name.ToString());
    }
}
