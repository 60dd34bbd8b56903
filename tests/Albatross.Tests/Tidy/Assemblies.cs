using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Albatross.Tests.Tidy;

/// <summary>The shipped assemblies as the compiler left them, read without loading them.</summary>
internal static class Assemblies
{
    /// <summary>The projects below src, by their folder's name.</summary>
    public static IEnumerable<string> Projects { get; } =
        [.. Directory.EnumerateDirectories(Path.Combine(GoldenFiles.RepositoryRoot, "src")).Select(Path.GetFileName).OfType<string>().Order()];

    /// <summary>The files of a project, generated ones left out.</summary>
    public static IEnumerable<string> SourcesOf(string project) => Directory
        .EnumerateFiles(Path.Combine(GoldenFiles.RepositoryRoot, "src", project), "*.cs", SearchOption.AllDirectories)
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    /// <summary>Opens the assembly of a project, copied beside the tests.</summary>
    public static PEReader Open(string project)
    {
        string name = project switch
        {
            "Albatross.Daemon" => "albatross-daemon",
            "Albatross.Client" => "albatross-client",
            "Albatross.Tender" => "albatross-tender",
            _ => project,
        };
        return new PEReader(File.OpenRead(Path.Combine(AppContext.BaseDirectory, name + ".dll")));
    }

    /// <summary>Every member outside an assembly that it uses, as Namespace.Type.Member.</summary>
    public static IEnumerable<string> UsedMembers(MetadataReader reader)
    {
        foreach (MemberReferenceHandle handle in reader.MemberReferences)
        {
            MemberReference member = reader.GetMemberReference(handle);
            if (TypeOf(reader, member.Parent) is { } type)
            {
                yield return $"{type}.{reader.GetString(member.Name)}";
            }
        }
    }

    private static string? TypeOf(MetadataReader reader, EntityHandle parent) => parent.Kind switch
    {
        HandleKind.TypeReference => NameOf(reader, reader.GetTypeReference((TypeReferenceHandle)parent)),
        HandleKind.TypeSpecification => Generic(reader, (TypeSpecificationHandle)parent),
        _ => null,
    };

    // GENERICINST (CLASS | VALUETYPE) TypeDefOrRefEncoded … (ECMA-335 II.23.2.12)
    private static string? Generic(MetadataReader reader, TypeSpecificationHandle handle)
    {
        BlobReader blob = reader.GetBlobReader(reader.GetTypeSpecification(handle).Signature);
        if (blob.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
        {
            return null;
        }

        blob.ReadByte();
        EntityHandle type = blob.ReadTypeHandle();
        return type.Kind == HandleKind.TypeReference ? NameOf(reader, reader.GetTypeReference((TypeReferenceHandle)type)) : null;
    }

    private static string NameOf(MetadataReader reader, TypeReference type)
    {
        string name = reader.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{NameOf(reader, reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope))}.{name}"
            : $"{reader.GetString(type.Namespace)}.{name}";
    }
}
