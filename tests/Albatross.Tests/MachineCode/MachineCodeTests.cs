using System.Security.Cryptography;
using Albatross.MachineCode;
using Albatross.MachineCode.Model;
using Albatross.MachineCode.Source;
using Albatross.Solo5;

namespace Albatross.Tests.MachineCode;

/// <summary>The committed bytes are what the readable source says, and they do what the hypercalls should do.</summary>
public sealed class MachineCodeTests
{
    [Fact]
    public void The_source_assembles_to_the_committed_bytes()
    {
        Assert.Equal(new RunLoop().Assemble().Bytes, LauncherCode.RunLoop.ToArray());
        Assert.Equal(SpawnStub.Assemble().Bytes, LauncherCode.SpawnStub.ToArray());
        Assert.Equal(new SptEntry().Assemble().Bytes, LauncherCode.SptEntry.ToArray());
    }

    [Theory]
    [InlineData("src/Albatross.Solo5/MachineCode.g.cs")]
    [InlineData("tests/Albatross.MachineCode/listing.txt")]
    public void The_generated_files_are_up_to_date(string path)
    {
        string committed = File.ReadAllText(Path.Combine(GoldenFiles.RepositoryRoot, path));
        Assert.Equal(path.EndsWith(".cs", StringComparison.Ordinal) ? Generator.ProductFile() : Generator.ListingFile(), committed);
    }

    [Fact]
    public void The_committed_hashes_are_those_of_the_bytes()
    {
        Assert.Equal(LauncherCode.RunLoopSha256, Convert.ToHexStringLower(SHA256.HashData(LauncherCode.RunLoop)));
        Assert.Equal(LauncherCode.SptEntrySha256, Convert.ToHexStringLower(SHA256.HashData(LauncherCode.SptEntry)));
        Assert.Equal(LauncherCode.SpawnStubSha256, Convert.ToHexStringLower(SHA256.HashData(LauncherCode.SpawnStub)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_hypercalls_do_what_the_oracle_says_and_reach_every_instruction_and_both_ways_of_every_branch(int seed)
    {
        VerificationReport report = Verification.Run(new RunLoop().Assemble(), count: 20_000, seed);
        Assert.Null(report.Failure);
        Assert.Empty(report.OneWay);

        // It stands behind exit_group, which does not come back.
        Assert.EndsWith(": ud2", Assert.Single(report.NotCovered), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_tables_are_played_as_their_modes_say_before_the_run_loop(int seed)
    {
        VerificationReport report = PlayerVerification.RunLoop(new RunLoop().Assemble(), count: 3000, seed);
        Assert.Null(report.Failure);
        Assert.Empty(report.OneWay);
        Assert.Empty(report.NotCovered);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_tables_are_played_as_their_modes_say_before_an_spt_guest_is_entered(int seed)
    {
        VerificationReport report = PlayerVerification.SptEntry(new SptEntry().Assemble(), count: 3000, seed);
        Assert.Null(report.Failure);
        Assert.Empty(report.OneWay);
        Assert.EndsWith(": ud2", Assert.Single(report.NotCovered), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Random_children_are_started_as_their_rows_say(int seed)
    {
        VerificationReport report = SpawnVerification.Run(SpawnStub.Assemble(), count: 3000, seed);
        Assert.Null(report.Failure);
        Assert.Empty(report.OneWay);
        Assert.EndsWith(": ud2", Assert.Single(report.NotCovered), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void There_is_no_stack_no_call_and_one_indirect_jump(bool spt)
    {
        string[] forbidden = ["Push", "Pop", "Call", "Ret", "Int", "In", "Out", "Wrmsr", "Cpuid"];
        LauncherSource source = spt ? new SptEntry() : new RunLoop();
        var instructions = source.Assemble().Decode().ToList();
        Assert.DoesNotContain(instructions, i => forbidden.Contains(i.Mnemonic.ToString()));
        Assert.Single(instructions, i => i.FlowControl == Iced.Intel.FlowControl.IndirectBranch);
    }
}
