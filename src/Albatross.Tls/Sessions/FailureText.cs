using Org.BouncyCastle.Tls;

namespace Albatross.Tls.Sessions;

/// <summary>An exception of the connection as one sentence.</summary>
internal static class FailureText
{
    public static string Of(Exception e) => e switch
    {
        TlsFatalAlertReceived received => $"the peer sent {AlertDescription.GetName(received.AlertDescription)}",
        TlsFatalAlert alert => alert.Message,
        _ => e.Message,
    };
}
