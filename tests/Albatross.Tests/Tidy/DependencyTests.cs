using System.Xml.Linq;

namespace Albatross.Tests.Tidy;

/// <summary>The arrows between the projects are those of the drawing in ARCHITECTURE.md.</summary>
public sealed class DependencyTests
{
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Albatross.Policy"] = [],
        ["Albatross.Protocol"] = ["Albatross.Policy"],
        ["Albatross.Certificates"] = ["Albatross.Protocol"],
        ["Albatross.Tls"] = ["Albatross.Certificates"],
        ["Albatross.Solo5"] = [],
        ["Albatross.Orchestration"] = ["Albatross.Protocol", "Albatross.Solo5"],
        ["Albatross.Linux"] = ["Albatross.Solo5"],
        ["Albatross.Daemon"] = ["Albatross.Linux", "Albatross.Orchestration", "Albatross.Tls"],
        ["Albatross.Client"] = ["Albatross.Tls"],
        ["Albatross.Tender"] = ["Albatross.Linux", "Albatross.Solo5"],
    };

    private static readonly Dictionary<string, string[]> Packages = new()
    {
        ["Albatross.Certificates"] = ["BouncyCastle.Cryptography"],
        ["Albatross.Tls"] = ["BouncyCastle.Cryptography"],
        ["Albatross.Client"] = ["System.CommandLine"],
        ["Albatross.Daemon"] =
        [
            "Serilog", "Serilog.Extensions.Hosting", "Serilog.Sinks.Console", "System.CommandLine", "prometheus-net", "prometheus-net.AspNetCore",
        ],
    };

    [Fact]
    public void Every_project_references_exactly_what_the_drawing_says()
    {
        Assert.Equal(Arrows.Keys.Order(), Assemblies.Projects);
        foreach (string project in Assemblies.Projects)
        {
            Assert.Equal(
                (project, string.Join(' ', Arrows[project])),
                (project, string.Join(' ', References(project, "ProjectReference").Select(Path.GetFileNameWithoutExtension).Order())));
        }
    }

    [Fact]
    public void Every_package_is_known_here()
    {
        foreach (string project in Assemblies.Projects)
        {
            Assert.Equal(
                (project, string.Join(' ', Packages.GetValueOrDefault(project, []))),
                (project, string.Join(' ', References(project, "PackageReference").Order(StringComparer.Ordinal))));
        }
    }

    private static IEnumerable<string> References(string project, string kind) => XDocument
        .Load(Path.Combine(GoldenFiles.RepositoryRoot, "src", project, project + ".csproj"))
        .Descendants(kind)
        .Select(element => element.Attribute("Include")!.Value);
}
