namespace Albatross.MachineCode.Model;

/// <summary>Draws cases by seed: mostly reasonable ones, a third of them wild, with the edges of every check over-represented.</summary>
internal sealed class RandomCases(int seed)
{
    private const uint Memory = ModelledUnikernel.MemoryBytes;
    private const ulong Capacity = ModelledUnikernel.CapacityBytes;

    private static readonly ulong[] Edges =
    [
        Capacity, Capacity - 1, Capacity - 512, 0, 1, 7, 8, 15, 16, 24, 31, 32, 39, 40, 64, 511, 512, 513, 0x1000, 0xf_ffff, 0x10_0000,
        0x10_2ff8, 0x10_3000, 0x10_4ff0, 0x10_4fff, 0x10_5000, 0x10_6000, 0x10_7ff0, 0x10_7fff, 0x10_8000, 0x10_8ff8, 0x10_9000, Memory,
        0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1UL << 32, (1UL << 32) + 0x15_0000, 1UL << 63, long.MaxValue, ulong.MaxValue,
    ];

    private readonly Random _random = new(seed);

    /// <summary>The next case.</summary>
    internal HypercallCase Next()
    {
        bool wild = OneIn(3);
        ushort port = wild && OneIn(6) ? (ushort)_random.Next(0x10000) : (ushort)_random.Next(0x500, 0x50a);
        uint reason = OneIn(40) ? (uint)_random.Next(40) : 2;
        byte direction = wild && OneIn(10) ? (byte)0 : (byte)1;
        byte width = wild && OneIn(10) ? (byte)(1 << _random.Next(3)) : (byte)4;
        ulong detail = reason == 2 ? direction | ((ulong)width << 8) | ((ulong)port << 16) | (1UL << 32) : (ulong)_random.NextInt64();
        return new HypercallCase
        {
            RunResult = OneIn(60) ? -Pick(4, 14, 22) : 0,
            ExitReason = reason,
            Direction = direction,
            WidthBytes = width,
            Port = port,
            DataOffset = wild && OneIn(20) ? Anything() | 0x2ffd : OneIn(50) ? 0x2ffcu : 0x1000u,
            BlockAddress = wild && OneIn(3) ? (uint)Anything() : (uint)Heap(),
            Fields = Fields(port - 0x500, wild),
            FailureDetail = detail,
            HasBlock = !OneIn(8),
            HasNet = !OneIn(8),
            TransferResult = _random.Next(5) switch
            {
                0 => -11,
                1 => OneIn(3) ? -_random.Next(5, 40) : 0,
                2 => -4,
                3 => _random.Next(2000),
                _ => null,
            },
            Ready = (ulong)_random.Next(16),
            TimerResult = OneIn(30) ? -22 : 0,
            PollResult = OneIn(20) ? -Pick(1, 3, 12, 22) : 0,
            PollInterruptions = OneIn(10) ? 1 : 0,
        };
    }

    private ulong[] Fields(int number, bool wild)
    {
        ulong Or(ulong value) => OneIn(wild ? 3 : 12) ? Anything() : value;
        ulong handle = Handle(number is 4 or 5 ? ModelledUnikernel.BlockHandle
            : OneIn(2) ? ModelledUnikernel.NetHandle : ModelledUnikernel.OtherNetHandle);
        ulong[] fields = number switch
        {
            2 => [Or(Heap()), Or((ulong)_random.Next(200))],
            3 => [Or((ulong)_random.Next(3) * 999_999_999), 5, 5],
            4 or 5 => [handle, Or((ulong)_random.Next((int)Capacity)), Or(Heap()), Or((ulong)_random.Next(3) * 512), 9],
            6 or 7 => [handle, Or(Heap()), Or((ulong)_random.Next(1600)), 9],
            8 => [OneIn(2) ? 0 : Or(Heap()), (ulong)_random.Next()],
            _ => [1, 2, 3, 4, 5],
        };

        // Exactly at the end of the disk, and one to either side.
        if (number is 4 or 5 && OneIn(6))
        {
            fields[3] = Capacity - fields[1] + (ulong)_random.Next(-1, 2);
        }

        // Nothing at all, just behind the disk: refused.
        if (number is 4 or 5 && OneIn(20))
        {
            (fields[1], fields[3]) = (Capacity, (ulong)_random.Next(2));
        }

        // Nothing at all, inside a protected segment: allowed.
        if (number is 2 or (>= 4 and <= 7) && OneIn(20))
        {
            int buffer = number == 2 ? 0 : number is 4 or 5 ? 2 : 1;
            fields[buffer] = (ulong)(Pick(0x10_0000, 0x10_5000, 0x10_8000) + _random.Next(3));
            fields[buffer + 1] = 0;
        }

        return fields;
    }

    private ulong Handle(int right) => _random.Next(6) switch
    {
        0 => Anything(),
        1 => (1UL << 32) | (uint)right,
        2 => (ulong)_random.Next(ModelledUnikernel.ManifestEntries + 1),
        _ => (ulong)right,
    };

    /// <summary>An address in ordinary memory.</summary>
    private ulong Heap() => 0x11_0000 + (ulong)_random.Next(0xe_0000);

    private ulong Anything() => _random.Next(5) switch
    {
        0 => Edges[_random.Next(Edges.Length)],
        1 => Memory - (ulong)_random.Next(64),
        2 => 0 - (ulong)_random.Next(64),
        3 => (ulong)_random.NextInt64() << _random.Next(64) >> _random.Next(64),
        _ => Heap(),
    };

    private bool OneIn(int n) => _random.Next(n) == 0;

    private int Pick(params ReadOnlySpan<int> choices) => choices[_random.Next(choices.Length)];
}
