using System.Reflection;
using System.Reflection.Metadata;
using System.Text.RegularExpressions;

namespace Albatross.Tests.Tidy;

/// <summary>Sizes, names and habits of the shipped source.</summary>
public sealed partial class SourceTests
{
    private const int MaxFileLines = 600;
    private const int MaxLineLength = 140;
    private const int MaxMethodLines = 70;

    private static IEnumerable<string> Sources => Assemblies.Projects.SelectMany(Assemblies.SourcesOf);

    [Fact]
    public void Files_and_lines_are_short()
    {
        foreach (string file in Sources.Where(file => !file.EndsWith(".g.cs", StringComparison.Ordinal)))
        {
            string[] lines = File.ReadAllLines(file);
            Assert.True(lines.Length <= MaxFileLines, $"{file} has {lines.Length} lines");
            Assert.All(lines.Select((line, at) => (line, at)), one =>
                Assert.True(one.line.Length <= MaxLineLength, $"{file}({one.at + 1}) has {one.line.Length} characters"));
        }
    }

    [Fact]
    public void Methods_are_short()
    {
        int methods = 0;
        foreach (string project in Assemblies.Projects)
        {
            using var assembly = Assemblies.Open(project);
            string file = Path.ChangeExtension(Path.Combine(AppContext.BaseDirectory, AssemblyFile(project)), ".pdb");
            using var symbols = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(file));
            MetadataReader reader = symbols.GetMetadataReader();
            foreach (MethodDebugInformationHandle handle in reader.MethodDebugInformation)
            {
                var points = reader.GetMethodDebugInformation(handle).GetSequencePoints().Where(point => !point.IsHidden).ToList();
                if (points.Count == 0)
                {
                    continue;
                }

                methods++;
                int lines = points.Max(point => point.EndLine) - points.Min(point => point.StartLine) + 1;
                string document = reader.GetString(reader.GetDocument(points[0].Document).Name);
                bool generated = document.Contains("/obj/", StringComparison.Ordinal) || document.EndsWith(".g.cs", StringComparison.Ordinal);
                Assert.True(lines <= MaxMethodLines || generated, $"{document}({points.Min(point => point.StartLine)}): a method of {lines} lines");
            }
        }

        Assert.True(methods > 500, $"only {methods} methods were looked at");
    }

    [Fact]
    public void There_are_no_drawers_and_no_regions()
    {
        foreach (string file in Sources)
        {
            string text = File.ReadAllText(file);
            Assert.False(Drawer().IsMatch(text), $"{file} declares {Drawer().Match(text).Value}");
            Assert.False(text.Contains("#region", StringComparison.Ordinal), $"{file} has a region");
        }
    }

    [Fact]
    public void No_type_is_called_like_a_project()
    {
        string[] names = [.. Assemblies.Projects.Select(project => project["Albatross.".Length..])];
        foreach (string project in Assemblies.Projects)
        {
            using var assembly = Assemblies.Open(project);
            MetadataReader reader = assembly.GetMetadataReader();
            var types = reader.TypeDefinitions.Select(reader.GetTypeDefinition)
                .Where(type => !type.Attributes.HasFlag(TypeAttributes.NestedPublic) && type.GetDeclaringType().IsNil)
                .Select(type => reader.GetString(type.Name));
            Assert.Empty(types.Intersect(names));
        }
    }

    [Fact]
    public void No_static_field_can_be_changed()
    {
        foreach (string project in Assemblies.Projects)
        {
            using var assembly = Assemblies.Open(project);
            MetadataReader reader = assembly.GetMetadataReader();
            var mutable = reader.FieldDefinitions.Select(reader.GetFieldDefinition)
                .Where(field => field.Attributes.HasFlag(FieldAttributes.Static)
                    && !field.Attributes.HasFlag(FieldAttributes.InitOnly)
                    && !field.Attributes.HasFlag(FieldAttributes.Literal))
                .Select(field => (Type: FullName(reader, reader.GetTypeDefinition(field.GetDeclaringType())), Field: reader.GetString(field.Name)))
                .Where(field => !field.Type.Contains('<', StringComparison.Ordinal) && !field.Field.Contains('<', StringComparison.Ordinal))
                .Where(field => !field.Type.StartsWith("System.", StringComparison.Ordinal) && !field.Type.StartsWith("Microsoft.", StringComparison.Ordinal))
                .Select(field => $"{project}: {field.Type}.{field.Field}");
            Assert.Empty(mutable);
        }
    }

    [Fact]
    public void Only_Albatross_Linux_calls_native_code()
    {
        foreach (string file in Sources.Where(file => !file.Contains("/Albatross.Linux/", StringComparison.Ordinal)))
        {
            string text = File.ReadAllText(file);
            Assert.False(NativeCall().IsMatch(text), $"{file} calls native code or is unsafe");
        }
    }

    private static string AssemblyFile(string project) => project switch
    {
        "Albatross.Daemon" => "albatross-daemon.dll",
        "Albatross.Client" => "albatross-client.dll",
        "Albatross.Tender" => "albatross-tender.dll",
        _ => project + ".dll",
    };

    private static string FullName(MetadataReader reader, TypeDefinition type) =>
        type.GetDeclaringType() is { IsNil: false } outer
            ? $"{FullName(reader, reader.GetTypeDefinition(outer))}.{reader.GetString(type.Name)}"
            : $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";

    [GeneratedRegex(@"\b(class|struct|record|interface|enum)\s+\w*(Manager|Helper|Util|Utils|Utility|Utilities|Common)\b")]
    private static partial Regex Drawer();

    [GeneratedRegex(@"\[(LibraryImport|DllImport)\b|\bunsafe\b")]
    private static partial Regex NativeCall();
}
