using System.Security.Cryptography;

namespace Albatross.Client.Pki;

/// <summary>The source of randomness for keys and serial numbers: the kernel's.</summary>
internal static class Randomness
{
    /// <summary>Fills <paramref name="destination"/>.</summary>
    public static void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
}
