namespace Albatross.MachineCode;

internal static class Program
{
    private static int Main() => 0;
}
