using System.Globalization;

namespace Albatross.Guests;

/// <summary>Writes sample unikernels: <c>albatross-guests [--spt] NAME FILE [ARGUMENT]</c>, or <c>albatross-guests list</c>.</summary>
internal static class Program
{
    private static int Main(string[] words)
    {
        bool spt = words is ["--spt", ..];
        GuestTarget target = spt ? GuestTarget.Spt : GuestTarget.Hvt;
        IReadOnlyDictionary<string, Func<byte[]>> samples = spt ? SptGuests.ByName : SampleGuests.ByName;
        string[] arguments = words[(spt ? 1 : 0)..];
        switch (arguments)
        {
            case ["list"]:
                foreach (string name in SampleGuests.ByName.Keys.Union(SptGuests.ByName.Keys.Select(name => $"--spt {name}")))
                {
                    Console.WriteLine(name);
                }

                Console.WriteLine("ticker FILE MILLISECONDS, exit FILE STATUS and padded FILE BYTES take an argument");
                return 0;

            case [string name, string file] when samples.TryGetValue(name, out Func<byte[]>? build):
                File.WriteAllBytes(file, build());
                return 0;

            case [string name, string file, string argument]
                when int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                    && WithArgument(name, value, target) is { } image:
                File.WriteAllBytes(file, image);
                return 0;

            default:
                Console.Error.WriteLine("usage: albatross-guests list | [--spt] NAME FILE [ARGUMENT]");
                return 1;
        }
    }

    private static byte[]? WithArgument(string name, int value, GuestTarget target) => name switch
    {
        "ticker" => SampleGuests.Ticker(TimeSpan.FromMilliseconds(value), target),
        "exit" => SampleGuests.Exit(value, target),
        "padded" => SampleGuests.Padded(value, target),
        _ => null,
    };
}
