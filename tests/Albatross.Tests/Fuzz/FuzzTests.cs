using Albatross.Fuzz.Harness;
using Albatross.Fuzz.Oracle;
using Albatross.Fuzz.Targets;
using Albatross.Policy;

namespace Albatross.Tests.Fuzz;

/// <summary>
/// A minute of tests/Albatross.Fuzz: answers and memory. Time, which other tests disturb, is judged in its longer runs.
/// </summary>
public sealed class FuzzTests
{
    private const int Seconds = 5;

    public static TheoryData<string> Targets => [.. AllTargets.List.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_decoder_answers_every_input_as_its_oracle_does(string name)
    {
        FuzzTarget target = AllTargets.List.Single(one => one.Name == name);

        // Other inputs every day, the same on one day.
        ulong seed = (ulong)DateTime.UtcNow.Date.Subtract(DateTime.UnixEpoch).TotalDays;
        FuzzReport report = new FuzzRun(target, seed).Run(long.MaxValue, TimeSpan.FromSeconds(Seconds));

        TestContext.Current.SendDiagnosticMessage(report.ToString());
        Assert.True(report.Findings.IsEmpty, string.Join('\n', report.Findings.Select(finding => $"run {name} {finding}")));
        Assert.True(report.Inputs > target.Seeds.Count, $"only {report}");
        Assert.True(report.Accepted > 0 && report.Rejected > 0, $"one verdict only: {report}");
    }

    [Fact]
    public void A_decoder_that_takes_trailing_bytes_is_found()
    {
        FuzzTarget wrong = WrongExtension(input => SchemaDecoder.Decode(Extension, input).Accepts
            || (input.Length > 2 && input[1] < 0x80 && input.Length > input[1] + 2
                && SchemaDecoder.Decode(Extension, input.AsSpan(0, input[1] + 2)).Accepts));

        Assert.Contains(FindingsOf(wrong), finding => finding.Text.StartsWith("accepted (wrong), the oracle", StringComparison.Ordinal));
    }

    [Fact]
    public void A_decoder_that_refuses_one_long_form_of_length_is_found()
    {
        FuzzTarget wrong = WrongExtension(input =>
            SchemaDecoder.Decode(Extension, input).Accepts && input.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x81, 0x7f]) < 0);

        Assert.Contains(FindingsOf(wrong), finding => finding.Text.Contains("the oracle accepts", StringComparison.Ordinal));
    }

    [Fact]
    public void A_decoder_that_throws_is_found()
    {
        FuzzTarget wrong = WrongExtension(input => input[^1] == 0 || SchemaDecoder.Decode(Extension, input).Accepts);

        Assert.Contains(FindingsOf(wrong), finding => finding.Text.Contains(nameof(IndexOutOfRangeException), StringComparison.Ordinal));
    }

    [Fact]
    public void A_decoder_that_allocates_what_a_length_promises_is_found()
    {
        FuzzTarget wrong = WrongExtension(input =>
        {
            byte[] promised = new byte[input is [_, 0x83, _, _, _, ..] ? input[2] << 16 | input[3] << 8 | input[4] : 0];
            return promised.Length == input.Length - 5 || SchemaDecoder.Decode(Extension, input).Accepts;
        });

        Assert.Contains(FindingsOf(wrong), finding => finding.Text.Contains("allocated", StringComparison.Ordinal));
    }

    [Fact]
    public void A_decoder_that_is_not_linear_is_found()
    {
        var slow = new SchemaTarget("slow", Extension, [new byte[30_000]], input =>
        {
            long sum = 0;
            for (int i = 0; i < input.Length; i++)
            {
                for (int j = 0; j < input.Length; j++)
                {
                    sum += input[i] ^ input[j];
                }
            }

            return new SchemaResult(null, "refused", false, 0, new Refusal(RefusalCode.Malformed, $"{sum}"));
        });

        FuzzReport report = new FuzzRun(slow, 1, isTimed: true).Run(1, TimeSpan.MaxValue);

        Assert.Contains(report.Findings, finding => finding.Text.Contains(" ms for 30000 bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void A_finding_is_made_again_by_seed_and_index()
    {
        FuzzTarget wrong = WrongExtension(input =>
            SchemaDecoder.Decode(Extension, input).Accepts && input.AsSpan().IndexOf("service"u8) < 0);
        FuzzReport report = new FuzzRun(wrong, 7).Run(20_000, TimeSpan.FromMinutes(1));

        Finding found = Assert.Single(report.Findings);
        (byte[] input, _, Finding? again) = new FuzzRun(wrong, 7).RunOnly(found.Index);

        Assert.Equal(found.Text, again!.Text);
        Assert.Equal(found.Input, again.Input);
        Assert.True(found.Input.Length <= input.Length);
    }

    [Fact]
    public void The_same_seed_gives_the_same_run()
    {
        FuzzReport first = new FuzzRun(SchemaTarget.Extension, 9).Run(5_000, TimeSpan.FromMinutes(1));
        FuzzReport second = new FuzzRun(SchemaTarget.Extension, 9).Run(5_000, TimeSpan.FromMinutes(1));
        FuzzReport other = new FuzzRun(SchemaTarget.Extension, 10).Run(5_000, TimeSpan.FromMinutes(1));

        Assert.Equal((first.Accepted, first.Kinds), (second.Accepted, second.Kinds));
        Assert.NotEqual((first.Accepted, first.Kinds), (other.Accepted, other.Kinds));
    }

    private static Asn1Type Extension => Asn1Module.Albatross5["CertExtension"];

    private static ImmutableArray<Finding> FindingsOf(FuzzTarget target) =>
        new FuzzRun(target, 1).Run(50_000, TimeSpan.FromMinutes(1)).Findings;

    // Writes what the oracle writes, so that only its verdict can be wrong.
    private static SchemaTarget WrongExtension(Func<byte[], bool> accepts) => new("wrong", Extension, SchemaTarget.Extension.Seeds, input =>
    {
        if (!accepts(input))
        {
            return new SchemaResult(null, "refused", false, 0, new Refusal(RefusalCode.Malformed, "no"));
        }

        Opinion opinion = SchemaDecoder.Decode(Extension, input);
        return new SchemaResult(() => SchemaEncoder.Encode(opinion.Value!), "wrong", opinion.IsUnknown, int.MaxValue, null);
    });
}
