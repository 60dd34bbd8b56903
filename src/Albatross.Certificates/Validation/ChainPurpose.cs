namespace Albatross.Certificates.Validation;

/// <summary>What the leaf of a chain is presented for.</summary>
public enum ChainPurpose
{
    /// <summary>A user's leaf: clientAuth.</summary>
    Client = 0,

    /// <summary>A server's leaf: serverAuth.</summary>
    Server = 1,
}
