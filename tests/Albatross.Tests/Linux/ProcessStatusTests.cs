using Albatross.Linux;

namespace Albatross.Tests.Linux;

/// <summary>The line of /proc/PID/stat (proc(5)). Its second field is chosen by a stranger.</summary>
public sealed class ProcessStatusTests
{
    // Fields 3 to 24 of a tender: state S, utime (14) 150, stime (15) 7, starttime (22) 123456, rss (24) 413.
    private const string Rest = "S 1 4711 4711 0 -1 4194304 170 0 4 0 150 7 0 0 20 0 3 0 123456 19488768 413";

    [Theory]
    [InlineData("tender", "4711 (solo5-hvt) " + Rest)]
    [InlineData("end of line", "4711 (solo5-hvt) " + Rest + "\n")]
    [InlineData("more fields", "4711 (solo5-hvt) " + Rest + " 18446744073709551615 1 1 0 0")]
    [InlineData("blanks in the command", "4711 (a b c d e f g h i j k l m n o) " + Rest)]
    [InlineData("parentheses in the command", "4711 (a) S 1 (b)) " + Rest)]
    [InlineData("a command that looks like a line", "4711 (x) Z 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1) " + Rest)]
    [InlineData("no command", "4711 () " + Rest)]
    public void A_line_is_read_whatever_the_command_is_called(string what, string line)
    {
        Assert.True(ProcessStatus.TryParse(line, out ProcessStatus? status), what);

        Assert.Equal(new ProcessStatus(StartTicks: 123456, UserTicks: 150, SystemTicks: 7, ResidentPages: 413, State: 'S'), status);
        Assert.Equal((1.57, 413UL * 4096), (status!.CpuSeconds, status.ResidentBytes));
    }

    [Theory]
    [InlineData("empty", "")]
    [InlineData("no parenthesis", "4711 solo5-hvt S 1 4711")]
    [InlineData("nothing behind the command", "4711 (solo5-hvt)")]
    [InlineData("a blank behind the command", "4711 (solo5-hvt) ")]
    [InlineData("too few fields", "4711 (x) S 1 4711 4711 0 -1 4194304 170 0 4 0 150 7 0 0 20 0 3 0 123456 19488768")]
    [InlineData("a state of two letters", "4711 (x) SS 1 4711 4711 0 -1 4194304 170 0 4 0 150 7 0 0 20 0 3 0 123456 19488768 413")]
    [InlineData("negative CPU time", "4711 (x) S 1 4711 4711 0 -1 4194304 170 0 4 0 -150 7 0 0 20 0 3 0 123456 19488768 413")]
    [InlineData("no number", "4711 (x) S 1 4711 4711 0 -1 4194304 170 0 4 0 150 7 0 0 20 0 3 0 12345x 19488768 413")]
    [InlineData("larger than 64 bits", "1 (x) S 1 1 1 0 -1 0 170 0 4 0 150 7 0 0 20 0 3 0 18446744073709551616 19488768 413")]
    public void A_malformed_line_is_none(string what, string line)
    {
        Assert.False(ProcessStatus.TryParse(line, out ProcessStatus? status), what);
        Assert.Null(status);
    }

    [Fact]
    public void The_largest_numbers_are_read()
    {
        const string Line = "1 (x) R 1 1 1 0 -1 0 0 0 0 0 18446744073709551615 0 0 0 20 0 3 0 18446744073709551615 0 0";

        Assert.True(ProcessStatus.TryParse(Line, out ProcessStatus? status));
        Assert.Equal((ulong.MaxValue, ulong.MaxValue, 'R'), (status!.StartTicks, status.UserTicks, status.State));
    }

    [Fact]
    public void This_process_has_a_status_and_resident_memory()
    {
        ProcessStatus? status = ProcessStatus.Of(Environment.ProcessId);

        Assert.NotNull(status);
        Assert.InRange(status.CpuSeconds, 0, 3600);
        Assert.InRange(ProcessStatus.ExactResidentBytes(Environment.ProcessId) ?? 0, 1UL << 20, 1UL << 40);
    }

    [Fact]
    public void A_process_that_does_not_exist_has_none()
    {
        Assert.Null(ProcessStatus.Of(int.MaxValue));
        Assert.Null(ProcessStatus.ExactResidentBytes(int.MaxValue));
    }
}
