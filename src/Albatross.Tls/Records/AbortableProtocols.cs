using Org.BouncyCastle.Tls;

namespace Albatross.Tls.Records;

/// <summary>A protocol object that can be told to fail with an alert for a reason that it does not see itself.</summary>
internal interface IAbortableProtocol
{
    /// <summary>The protocol object.</summary>
    TlsProtocol Protocol { get; }

    /// <summary>Queues a fatal alert and closes.</summary>
    void Abort(short alert, string reason);
}

/// <summary>The server's end, non-blocking.</summary>
internal sealed class ServerProtocol : TlsServerProtocol, IAbortableProtocol
{
    public TlsProtocol Protocol => this;

    public void Abort(short alert, string reason) => HandleException(alert, reason, null);
}

/// <summary>The client's end, non-blocking.</summary>
internal sealed class ClientProtocol : TlsClientProtocol, IAbortableProtocol
{
    public TlsProtocol Protocol => this;

    public void Abort(short alert, string reason) => HandleException(alert, reason, null);
}
