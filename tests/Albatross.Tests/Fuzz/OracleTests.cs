using System.Text;
using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Oracle;
using Albatross.Tests.Protocol;

namespace Albatross.Tests.Fuzz;

/// <summary>The oracle itself, held against what the real Albatross made of the vectors.</summary>
public sealed class OracleTests
{
    private static readonly Asn1Module Module = Asn1Module.Albatross5;

    // Read as the peer's state, which refuses an empty or invalid name by an exception.
    private static readonly string[] RefusedByException = ["state-odd"];

    [Fact]
    public void The_module_is_read_whole()
    {
        Assert.True(Module.Count > 50, $"only {Module.Count} types");
        Assert.Equal(12, Module["UnikernelCmd"].Fields.Length);
        Assert.Equal(13, Module["Config"].Fields.Length);
        Assert.Equal(7, Module["Config"].Fields.Count(field => field.Tag is not null || field.IsOptional) + 1);
        Assert.Single(AllFields(), field => field.IsImplicit);
    }

    [Theory]
    [InlineData("wire", "Wire", 215)]
    [InlineData("wire-decode-only", "Wire", 6)]
    [InlineData("cert-extension", "CertExtension", 120)]
    public void The_oracle_reads_and_writes_every_vector_as_the_original_does(string kind, string type, int atLeast)
    {
        foreach (WireVector vector in WireVectors.OfKind(kind, atLeast))
        {
            Opinion opinion = SchemaDecoder.Decode(Module[type], vector.Der);
            Assert.True(opinion.Accepts, vector.Id);
            byte[] expected = vector.Bytes("reencoded") ?? vector.Der;
            byte[] written = SchemaEncoder.Encode(opinion.Value!);

            // An instant finer than a millisecond keeps its ".000" in the bytes but not in the value.
            Assert.True(expected.AsSpan().SequenceEqual(written) || vector.Id == "ext-console-subscribe-since-1ps", vector.Id);
        }
    }

    [Theory]
    [InlineData("wire-odd", "Wire", 76)]
    [InlineData("cert-extension-odd", "CertExtension", 5)]
    [InlineData("state", "State", 9)]
    [InlineData("state-odd", "State", 6)]
    public void The_oracle_has_the_verdict_of_the_original(string kind, string type, int atLeast)
    {
        foreach (WireVector vector in WireVectors.OfKind(kind, atLeast))
        {
            Opinion opinion = SchemaDecoder.Decode(Module[type], vector.Der);
            bool expected = kind == "state" || vector.Verdict == "accept" || opinion.IsUnknown;
            Assert.True(opinion.Accepts == expected || RefusedByException.Contains(kind) && vector.Verdict == "exception", vector.Id);
        }
    }

    [Theory]
    [InlineData("20230101123015.5Z", "20230101123015.005Z")]
    [InlineData("20230101123015.1239Z", "20230101123015.123Z")]
    [InlineData("20231231235960Z", "20240101000000Z")]
    [InlineData("2023010112+0130", "20230101103000Z")]
    [InlineData("00010101000000+0001", null)]
    [InlineData("20230229000000Z", null)]
    [InlineData("20000229000000Z", "20000229000000Z")]
    [InlineData("20230101123015.12345678Z", null)]
    [InlineData("20230101123015.1234", null)]
    public void Times_are_written_by_the_oracle_as_the_original_writes_them(string text, string? canonical) =>
        Assert.Equal(canonical, TimeText.Canonical(Encoding.ASCII.GetBytes(text)) is { } time ? Encoding.ASCII.GetString(time) : null);

    [Fact]
    public void Every_type_of_the_module_has_samples_that_the_oracle_reads()
    {
        foreach (string type in (string[])["Wire", "CertExtension", "State", "Info", "ConfigV0"])
        {
            int good = Enumerable.Range(0, 500)
                .Count(i => SchemaDecoder.Decode(Module[type], SchemaSamples.Make(Module[type], new SeededRandom(3, i))).Accepts);
            Assert.True(good > 100, $"{good} of 500 samples of {type}");
        }
    }

    private static IEnumerable<Asn1Field> AllFields()
    {
        var seen = new HashSet<Asn1Type>();
        var left = new Stack<Asn1Type>([Module["Wire"], Module["State"]]);
        while (left.TryPop(out Asn1Type? type))
        {
            if (!seen.Add(type))
            {
                continue;
            }

            foreach (Asn1Field field in type.Fields.Concat(type.Element is { } element ? [element] : []))
            {
                left.Push(field.Type);
                yield return field;
            }
        }
    }
}
