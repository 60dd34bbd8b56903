using Albatross.Certificates;
using Albatross.Certificates.Validation;
using Albatross.Policy;

namespace Albatross.Tests.Certificates;

/// <summary>
/// The chains of tests/golden/pki/extra, and what the real endpoint made of them (names from its replies, sentences from its log).
/// </summary>
public sealed class AuthorisationTests
{
    [Theory]
    [InlineData("info-dot", "alpha:")]
    [InlineData("info-colon", "alpha:")]
    [InlineData("info-nocn", "alpha:")]
    [InlineData("destroy-nocn", "alpha:")]
    [InlineData("destroy-dot", "alpha:")]
    [InlineData("create-colon", "alpha:")]
    [InlineData("policy-nocn", "alpha:")]
    [InlineData("stats-dot", "alpha:")]
    [InlineData("inactive-label", "alpha:x")]
    [InlineData("upper-cn", "alpha:force-create")]
    [InlineData("noeku", "alpha:x")]
    [InlineData("leaf-p256", "alpha:x")]
    [InlineData("leaf-rsa2048", "alpha:x")]
    [InlineData("inter-noext-leaf", "alpha:x")]
    [InlineData("inter-big-leaf", "alpha:big:")]
    [InlineData("root-policy", ":")]
    [InlineData("root-console-create", ":root-create")]
    [InlineData("deep7-leaf", "d1:d2:d3:d4:d5:d6:d7:")]
    [InlineData("deep8-leaf", "d1:d2:d3:d4:d5:d6:d7:d8:")]
    public void A_chain_grants_the_name_that_the_original_gives_it(string file, string name)
    {
        Assert.True(Authorisation.TryRead(Verified(file), out Authorisation? authorisation, out Refusal? refusal), refusal?.Text);
        Assert.Equal(name, authorisation.Name.ToString());
    }

    [Theory]
    [InlineData("bad-conadd", RefusalCode.UnexpectedCommand, "unexpected command")]
    [InlineData("bad-poladd", RefusalCode.UnexpectedCommand, "unexpected command")]
    [InlineData("bad-noext", RefusalCode.NoExtension, "leaf certificate does not contain an albatross extension")]
    [InlineData("bad-cn", RefusalCode.InvalidName, "invalid label (only [a-zA-Z0-9-.] allowed, 1 to 63 chars)")]
    [InlineData("bad-cn64", RefusalCode.InvalidName, "invalid label (only [a-zA-Z0-9-.] allowed, 1 to 63 chars)")]
    [InlineData("badd-nocn", RefusalCode.InvalidName, "block add may not have an empty name")]
    [InlineData("bad-inter-leaf", RefusalCode.UnexpectedCommand, "unexpected wire unikernel info")]
    [InlineData("inter-badcn-leaf", RefusalCode.InvalidName, "invalid label (only [a-zA-Z0-9-.] allowed, 1 to 63 chars)")]
    [InlineData("deep9-leaf", RefusalCode.ChainTooLong, "certificate chain too long")]
    [InlineData("deep10-leaf", RefusalCode.ChainTooLong, "certificate chain too long")]
    public void A_chain_that_the_original_closes_on_is_refused_with_its_sentence(string file, RefusalCode code, string text)
    {
        Assert.False(Authorisation.TryRead(Verified(file), out _, out Refusal? refusal));
        Assert.Equal(new Refusal(code, text), refusal);
    }

    [Theory]
    [InlineData("bad-v4", RefusalCode.UnsupportedVersion)]
    [InlineData("bad-garbage", RefusalCode.Malformed)]
    public void An_extension_that_does_not_decode_is_refused(string file, RefusalCode code)
    {
        Assert.False(Authorisation.TryRead(Verified(file), out _, out Refusal? refusal));
        Assert.Equal(code, refusal.Code);
    }

    [Theory]
    [InlineData("bad-critical", RefusalCode.CertificateRefused)]
    [InlineData("bad-ca", RefusalCode.CertificateRefused)]
    [InlineData("bad-expired", RefusalCode.CertificateExpired)]
    [InlineData("bad-future", RefusalCode.CertificateNotYetValid)]
    [InlineData("bad-nochain", RefusalCode.UnknownCa)]
    public void A_chain_that_the_original_refuses_in_the_handshake_is_refused(string file, RefusalCode code)
    {
        Assert.False(TryVerify(file, out _, out Refusal? refusal));
        Assert.Equal(code, refusal!.Code);
    }

    private static VerifiedChain Verified(string file)
    {
        Assert.True(TryVerify(file, out VerifiedChain? chain, out Refusal? refusal), refusal?.Text);
        return chain!;
    }

    private static bool TryVerify(string file, out VerifiedChain? chain, out Refusal? refusal) => ChainValidation.TryValidate(
        GoldenPki.Certificates($"extra/{file}.pem"), GoldenPki.Certificates("ed25519/cacert.pem"), GoldenPki.Now, ChainPurpose.Client,
            out chain, out refusal);
}
