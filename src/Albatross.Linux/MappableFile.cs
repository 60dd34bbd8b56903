namespace Albatross.Linux;

/// <summary>Looks at bytes and makes something of them; the bytes must not be kept.</summary>
public delegate T SpanReader<out T>(ReadOnlySpan<byte> bytes);

/// <summary>A file whose bytes and length nobody changes while it is open, so that it can be mapped.</summary>
public abstract class MappableFile : OwnedDescriptor
{
    private protected MappableFile(int descriptor)
        : base(descriptor) { }

    /// <summary>Its size.</summary>
    public int LengthBytes { get; private protected set; }

    /// <summary>Maps the whole file for the time of one call of <paramref name="reader"/>.</summary>
    /// <exception cref="LinuxException">No address space is left.</exception>
    public T Read<T>(SpanReader<T> reader)
    {
        if (LengthBytes == 0)
        {
            return reader([]);
        }

        using var mapping = NativeMapping.OfFile(this, LengthBytes);
        return reader(mapping.Bytes());
    }
}
