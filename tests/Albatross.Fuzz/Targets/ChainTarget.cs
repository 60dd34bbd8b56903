using System.Security.Cryptography;
using Albatross.Certificates.Reading;
using Albatross.Certificates.Validation;
using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Oracle;
using Albatross.Policy;

namespace Albatross.Fuzz.Targets;

/// <summary>
/// The validation of chains. An input is a purpose, one to three anchors and a chain, all numbers of certificates of one pool; the oracle
/// knows what each was made of and never looks at its bytes.
/// </summary>
internal sealed class ChainTarget : FuzzTarget
{
    private const int PoolSize = 1024;

    private static readonly Lazy<(CertificateSpecification[] Specifications, ParsedCertificate[] Certificates)> Pool = new(MakePool);

    public override string Name => "chain";

    public override IReadOnlyList<byte[]> Seeds { get; } = [[0, 1, 0, 0], [1, 1, 0, 1, 0, 1], [0, 3, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6]];

    // Signatures are checked by OpenSSL with keys that are imported each time.
    public override long AllowedBytes(int length) => (512 << 10) + 64L * length;

    // Mostly a walk from an anchor down along fitting names and keys, then perhaps one step off the way.
    public override byte[] Mutate(SeededRandom random, Corpus corpus)
    {
        CertificateSpecification[] pool = Pool.Value.Specifications;
        int anchor = Near(random, pool, one => one is { IsCa: true, Oddity: 0 });
        var chain = new List<int>();
        int issuer = anchor, length = random.OneIn(32) ? 14 + random.Below(4) : 1 + random.Below(4);
        for (int i = length; i > 0; i--)
        {
            CertificateSpecification above = pool[issuer];
            bool isLeaf = i == 1;
            issuer = Near(random, pool, one => one.Issuer == above.Subject && one.Signer == above.Key && one.IsCa != isLeaf);
            chain.Insert(0, issuer);
        }

        var anchors = new List<int> { anchor };
        if (random.OneIn(4))
        {
            CertificateSpecification named = pool[anchor];
            anchors.Insert(random.Below(2), Near(random, pool, one => one.Subject == named.Subject));
        }

        if (random.OneIn(8))
        {
            chain.Add(random.OneIn(2) ? anchor : random.Pick(anchors));
        }

        if (random.OneIn(4))
        {
            chain[random.Below(chain.Count)] = random.Below(pool.Length);
        }

        return [(byte)random.Below(2), (byte)anchors.Count, .. anchors.Concat(chain).SelectMany(i => new[] { (byte)(i >> 8), (byte)i })];
    }

    public override Outcome Decode(byte[] input)
    {
        ParsedCertificate[] pool = Pool.Value.Certificates;
        (ChainPurpose purpose, int[] anchors, int[] chain) = Read(input);
        bool isValid = ChainValidation.TryValidate(
            [.. chain.Select(i => pool[i])], [.. anchors.Select(i => pool[i])], CertificateSpecification.Now, purpose,
            out VerifiedChain? verified, out Refusal? refusal);
        return new Outcome(isValid, isValid ? $"valid {(char)('A' + verified!.Certificates.Length)}" : refusal!.Text, verified);
    }

    public override string? Check(byte[] input, Outcome outcome)
    {
        (ChainPurpose purpose, int[] anchors, int[] chain) = Read(input);
        CertificateSpecification[] pool = Pool.Value.Specifications;
        int accepted = ChainRules.Accepted(
            [.. chain.Select(i => pool[i])], [.. anchors.Select(i => pool[i])], chain, anchors, purpose == ChainPurpose.Client);
        if (outcome.Accepted != accepted > 0)
        {
            return outcome.Accepted ? "accepted, the oracle refuses" : $"refused ({outcome.Kind}), the oracle accepts";
        }

        return !outcome.Accepted || ((VerifiedChain)outcome.Value!).Certificates.Length == accepted
            ? null
            : "another number of certificates counts";
    }

    private static (ChainPurpose Purpose, int[] Anchors, int[] Chain) Read(byte[] input)
    {
        var purpose = input.Length > 0 && input[0] % 2 == 1 ? ChainPurpose.Server : ChainPurpose.Client;
        int anchorCount = input.Length > 1 ? input[1] % 4 : 0;
        int[] numbers = [.. input.Skip(2).Chunk(2).Where(two => two.Length == 2).Select(two => (two[0] * 256 + two[1]) % PoolSize)];
        anchorCount = Math.Min(anchorCount, numbers.Length);
        return (purpose, numbers[..anchorCount], numbers[anchorCount..]);
    }

    private static int Near(SeededRandom random, CertificateSpecification[] pool, Func<CertificateSpecification, bool> isWanted)
    {
        int start = random.Below(pool.Length);
        for (int i = 0; i < pool.Length; i++)
        {
            if (isWanted(pool[(start + i) % pool.Length]))
            {
                return (start + i) % pool.Length;
            }
        }

        return start;
    }

    private static (CertificateSpecification[], ParsedCertificate[]) MakePool()
    {
        ECDsa[] keys = [.. Enumerable.Range(0, CertificateSpecification.Keys).Select(_ => ECDsa.Create(ECCurve.NamedCurves.nistP256))];
        CertificateSpecification[] specifications =
            [.. Enumerable.Range(0, PoolSize).Select(i => CertificateSpecification.Random(new SeededRandom(1, i)))];
        ParsedCertificate[] certificates =
        [
            .. specifications.Select((one, i) =>
                ParsedCertificate.TryParse(one.Make(keys, i + 1), out ParsedCertificate? parsed, out Refusal? refusal)
                    ? parsed
                    : throw new InvalidOperationException($"{one}: {refusal}")),
        ];
        return (specifications, certificates);
    }
}
