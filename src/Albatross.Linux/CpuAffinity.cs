namespace Albatross.Linux;

/// <summary>
/// Binds the calling thread to CPUs until it is disposed, on the same thread. What this thread starts meanwhile inherits the set
/// (sched_setaffinity(2)), so a program that knows nothing of CPUs is bound from its first instruction.
/// </summary>
public readonly ref struct CpuAffinity
{
    private const int MaskBytes = 1024;
    private const int ThisThread = 0;

    private readonly byte[] _before;

    /// <summary>Binds this thread to <paramref name="cpus"/>, numbers from 0 to 8191.</summary>
    /// <exception cref="LinuxException">EINVAL: none of them is a CPU of this machine.</exception>
    public CpuAffinity(IEnumerable<int> cpus)
    {
        _before = new byte[MaskBytes];
        nint filled = Libc.GetAffinity(Libc.CallSchedGetaffinity, ThisThread, MaskBytes, _before);
        int bytes = LinuxException.Check((int)filled, "sched_getaffinity");
        _before = _before[..bytes];
        var mask = new byte[MaskBytes];
        foreach (int cpu in cpus)
        {
            if (cpu is < 0 or >= MaskBytes * 8)
            {
                throw new LinuxException("sched_setaffinity", $"CPU {cpu}", Libc.InvalidArgument);
            }

            mask[cpu / 8] |= (byte)(1 << (cpu % 8));
        }

        Set(mask);
    }

    /// <summary>Lets this thread run where it could before.</summary>
    public void Dispose() => Set(_before);

    private static void Set(byte[] mask) => LinuxException.Check(
        (int)Libc.SetAffinity(Libc.CallSchedSetaffinity, ThisThread, mask.Length, mask), "sched_setaffinity");
}
