namespace Albatross.Solo5;

/// <summary>How the bytes of an image get into guest memory.</summary>
public enum ImageAccess
{
    /// <summary>Read into memory of the unikernel's own; right for any file.</summary>
    Copy,

    /// <summary>Mapped privately, so that equal images share their unchanged pages. Only for files that cannot change any more.</summary>
    Share,
}
