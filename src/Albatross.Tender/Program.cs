namespace Albatross.Tender;

internal static class Program
{
    private static int Main() => 0;
}
