using System.Globalization;

namespace Albatross.Guests;

/// <summary>Writes sample unikernels: <c>albatross-guests NAME FILE [ARGUMENT]</c>, or <c>albatross-guests list</c>.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        switch (arguments)
        {
            case ["list"]:
                foreach (string name in SampleGuests.ByName.Keys)
                {
                    Console.WriteLine(name);
                }

                Console.WriteLine("ticker FILE MILLISECONDS, exit FILE STATUS and padded FILE BYTES take an argument");
                return 0;

            case [string name, string file] when SampleGuests.ByName.TryGetValue(name, out Func<byte[]>? build):
                File.WriteAllBytes(file, build());
                return 0;

            case [string name, string file, string argument]
                when int.TryParse(argument, NumberStyles.None, CultureInfo.InvariantCulture, out int value)
                    && WithArgument(name, value) is { } image:
                File.WriteAllBytes(file, image);
                return 0;

            default:
                Console.Error.WriteLine("usage: albatross-guests list | NAME FILE [ARGUMENT]");
                return 1;
        }
    }

    private static byte[]? WithArgument(string name, int value) => name switch
    {
        "ticker" => SampleGuests.Ticker(TimeSpan.FromMilliseconds(value)),
        "exit" => SampleGuests.Exit(value),
        "padded" => SampleGuests.Padded(value),
        _ => null,
    };
}
