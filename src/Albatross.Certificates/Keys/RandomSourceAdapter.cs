using Org.BouncyCastle.Crypto.Prng;

namespace Albatross.Certificates.Keys;

/// <summary>A <see cref="RandomSource"/> in the form that BouncyCastle's generators take; seed material is ignored.</summary>
internal sealed class RandomSourceAdapter(RandomSource source) : IRandomGenerator
{
    public void AddSeedMaterial(byte[] seed)
    {
    }

    public void AddSeedMaterial(ReadOnlySpan<byte> seed)
    {
    }

    public void AddSeedMaterial(long seed)
    {
    }

    public void NextBytes(byte[] bytes) => source(bytes);

    public void NextBytes(byte[] bytes, int start, int len) => source(bytes.AsSpan(start, len));

    public void NextBytes(Span<byte> bytes) => source(bytes);
}
