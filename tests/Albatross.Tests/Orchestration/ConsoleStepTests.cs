using Albatross.Orchestration.Consoles;
using Albatross.Policy;
using Albatross.Protocol.Commands;

namespace Albatross.Tests.Orchestration;

/// <summary>The console service: who gets which lines, and what is kept of whom.</summary>
public sealed class ConsoleStepTests
{
    [Fact]
    public void A_console_is_opened_for_vmmd_whose_connection_stays()
    {
        var console = new ConsoleScript();

        Assert.Equal(["open FIFO of :web"], console.Ask(0, "web", new Command.ConsoleAdd(10)));
        Assert.Equal(["answer 0 (stays open)"], console.Do(new ConsoleInput.FifoOpened(ConsoleScript.From(0, "web"), 10, Reader: 1)));
    }

    [Fact]
    public void A_FIFO_that_cannot_be_opened_does_not_cost_vmmd_its_connection()
    {
        // W1 of the original: the connection is closed, and every later create fails.
        var console = new ConsoleScript();
        console.Ask(0, "web", new Command.ConsoleAdd(10));

        Assert.Equal(
            ["refuse 0: opening: no such file (stays open)"],
            console.Do(new ConsoleInput.FifoFailed(ConsoleScript.From(0, "web"), new Refusal(RefusalCode.HostFailure, "no such file"))));
        Assert.Equal("", console.Kept);
    }

    [Fact]
    public void A_subscriber_gets_what_is_kept_and_then_what_comes()
    {
        var console = new ConsoleScript();
        console.Open("web", reader: 1);
        console.Print("web", 1, "one\ntwo\nthree\n");

        Assert.Equal(["answer 7: subscribed (stays open)", "send 7: two|three"], console.Subscribe(7, "web", count: 2));
        Assert.Equal(["send 7: four"], console.Print("web", 1, "four\nfi"));
        Assert.Empty(console.Print("web", 1, "v"));
        Assert.Equal(["send 7: five"], console.Print("web", 1, "e\n"));
    }

    [Fact]
    public void Everyone_who_follows_gets_every_line()
    {
        var console = new ConsoleScript();
        console.Open("web", reader: 1);
        console.Open("db", reader: 2);
        console.Subscribe(7, "web");
        console.Subscribe(8, "web");
        console.Subscribe(9, "db");

        Assert.Equal(["send 7: hello", "send 8: hello"], console.Print("web", 1, "hello\n"));
        Assert.Empty(console.Leave(7, "web"));
        Assert.Equal(["send 8: again"], console.Print("web", 1, "again\n"));
    }

    [Fact]
    public void A_name_that_is_not_there_yet_can_be_waited_for()
    {
        var console = new ConsoleScript();

        Assert.Equal(["answer 7: waiting for VM (stays open)"], console.Subscribe(7, "web"));
        console.Open("web", reader: 1);
        Assert.Equal(["send 7: hello"], console.Print("web", 1, "hello\n"));
    }

    [Fact]
    public void Nothing_is_kept_of_a_name_that_was_waited_for_in_vain()
    {
        var console = new ConsoleScript();
        console.Subscribe(7, "web");
        Assert.Equal(":web", console.Kept);

        console.Leave(7, "web");
        Assert.Equal("", console.Kept);
    }

    [Fact]
    public void A_last_line_without_an_end_is_not_lost()
    {
        // Weak spot 16.19 of the original.
        var console = new ConsoleScript();
        console.Open("web", reader: 1);
        console.Subscribe(7, "web");
        Assert.Empty(console.Print("web", 1, "panic"));

        Assert.Equal(["send 7: panic"], console.End("web", 1));
    }

    [Fact]
    public void A_unikernel_that_is_started_again_goes_on_in_the_same_ring()
    {
        var console = new ConsoleScript();
        console.Open("web", reader: 1);
        console.Print("web", 1, "first life\n");
        console.End("web", 1);
        console.Open("web", reader: 2);
        console.Print("web", 2, "second life\n");

        Assert.Equal(
            ["answer 7: subscribed (stays open)", "send 7: first life|second life"],
            console.Subscribe(7, "web"));
    }

    [Fact]
    public void Two_readings_of_one_name_do_not_mix_their_unfinished_lines()
    {
        var console = new ConsoleScript();
        console.Subscribe(7, "web");
        console.Open("web", reader: 1);
        console.Print("web", 1, "old ha");
        console.Open("web", reader: 2);                       // the next start, before the end of the last one was noticed

        Assert.Equal(["send 7: new"], console.Print("web", 2, "new\n"));
        Assert.Equal(["send 7: old ha"], console.End("web", 1));
        Assert.Equal(["send 7: newer"], console.Print("web", 2, "newer\n"));
    }

    [Fact]
    public void An_ended_console_can_be_read_later()
    {
        var console = new ConsoleScript();
        console.Open("web", reader: 1);
        console.Print("web", 1, "goodbye\n");
        console.End("web", 1);

        Assert.Equal(["answer 7: subscribed (stays open)", "send 7: goodbye"], console.Subscribe(7, "web"));
    }

    [Fact]
    public void A_further_subscriber_takes_the_place_of_the_oldest()
    {
        var console = new ConsoleScript(new ConsoleSettings(MaxSubscribers: 2, MaxConsoles: 100));
        console.Open("web", reader: 1);
        console.Subscribe(7, "web");
        console.Subscribe(8, "web");

        Assert.Equal(["answer 9: subscribed (stays open)", "disconnect 7"], console.Subscribe(9, "web"));
        Assert.Empty(console.Leave(7, "web"));                // its connection has noticed
        Assert.Equal(["send 8: hello", "send 9: hello"], console.Print("web", 1, "hello\n"));
    }

    [Fact]
    public void A_path_keeps_as_many_consoles_as_it_may_have_unikernels_and_the_oldest_goes()
    {
        // W8 of the original: the first in the order of names goes, even the one that was just subscribed.
        var console = new ConsoleScript();
        OpenPrintEnd(console, "foo:z-first", reader: 1);
        OpenPrintEnd(console, "foo:a-second", reader: 2);
        OpenPrintEnd(console, "bar:elsewhere", reader: 3);

        console.Open("foo:third", reader: 4, unikernels: 2);

        Assert.Equal("bar:elsewhere foo:a-second foo:third", console.Kept);
    }

    [Fact]
    public void A_console_that_is_written_to_or_followed_does_not_go()
    {
        var console = new ConsoleScript();
        console.Open("foo:active", reader: 1);
        console.Print("foo:active", 1, "x\n");
        OpenPrintEnd(console, "foo:followed", reader: 2);
        console.Subscribe(7, "foo:followed");
        console.Subscribe(8, "foo:awaited");
        OpenPrintEnd(console, "foo:old", reader: 3);

        console.Open("foo:new", reader: 4, unikernels: 1);

        Assert.Equal("foo:active foo:awaited foo:followed foo:new", console.Kept);
    }

    [Fact]
    public void The_oldest_is_the_one_that_was_opened_longest_ago()
    {
        var console = new ConsoleScript();
        OpenPrintEnd(console, "foo:a", reader: 1);
        OpenPrintEnd(console, "foo:b", reader: 2);
        OpenPrintEnd(console, "foo:a", reader: 3);

        console.Open("foo:c", reader: 4, unikernels: 2);

        Assert.Equal("foo:a foo:c", console.Kept);
    }

    [Fact]
    public void All_consoles_together_are_limited()
    {
        var console = new ConsoleScript(new ConsoleSettings(MaxSubscribers: 5, MaxConsoles: 2));
        OpenPrintEnd(console, "z:first", reader: 1);
        OpenPrintEnd(console, "a:second", reader: 2);

        console.Open("foo:third", reader: 3);

        Assert.Equal("a:second foo:third", console.Kept);
    }

    [Theory]
    [InlineData(":")]
    [InlineData("foo:")]
    public void A_path_has_no_console(string path)
    {
        var console = new ConsoleScript();

        Assert.Equal(["refuse 7: path used instead of name"], console.Ask(7, path, new Command.ConsoleAdd(1)));
        Assert.Equal(["refuse 7: path used instead of name"], console.Subscribe(7, path));
    }

    [Fact]
    public void Inactive_consoles_are_those_at_and_below_a_path_that_were_opened_and_have_no_writer_any_more()
    {
        var console = new ConsoleScript();
        long reader = 0;
        foreach (string name in (string[])["foo:ended", "foo:running", "foo:bar:ended", "foo:silent", "other:ended"])
        {
            console.Open(name, ++reader);
            if (!name.EndsWith("silent", StringComparison.Ordinal))
            {
                console.Print(name, reader, "a line\n");
            }

            if (!name.EndsWith("running", StringComparison.Ordinal))
            {
                console.End(name, reader);
            }
        }

        console.Subscribe(8, "foo:waited-for");

        Assert.Equal(["answer 7: :ended bar:ended"], console.Ask(7, "foo:", new Command.ConsoleInactive()));
        Assert.Equal(["answer 7: other:ended foo:ended foo:bar:ended"], console.Ask(7, ":", new Command.ConsoleInactive()));
        Assert.Equal(["answer 7: "], console.Ask(7, "none:", new Command.ConsoleInactive()));
        Assert.Equal(["refuse 7: name used"], console.Ask(7, "foo:ended", new Command.ConsoleInactive()));
    }

    [Fact]
    public void Other_commands_are_refused_by_name()
    {
        var console = new ConsoleScript();

        Assert.Equal(
            ["refuse 8: the console service does not take unikernel destroy"],
            console.Ask(8, "foo:web", new Command.UnikernelDestroy()));
    }

    [Fact]
    public void Subscribers_who_join_in_mid_stream_see_every_line_once_and_in_order()
    {
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var console = new ConsoleScript();
            console.Subscribe(7, "web", count: 2000);
            int joinsAt = random.Next(0, 60);   // there are at least 66 reads
            string text = string.Concat(Enumerable.Range(0, 300).Select(n => $"line {n}\n"));
            long reader = 1;
            console.Open("web", reader);
            for (int at = 0, step = 0; at < text.Length; step++)
            {
                if (step == joinsAt)
                {
                    console.Subscribe(8, "web", count: 2000);
                }

                int count = Math.Min(random.Next(1, 40), text.Length - at);
                console.Print("web", reader, text.Substring(at, count));
                at += count;
                if (text[at - 1] == '\n' && random.Next(10) == 0)
                {
                    console.End("web", reader);
                    console.Open("web", ++reader);
                }
            }

            string[] all = [.. Enumerable.Range(0, 300).Select(n => $"line {n}")];
            Assert.True(all.SequenceEqual(console.Received[7]), $"seed {seed}: the first subscriber");
            Assert.True(all.SequenceEqual(console.Received[8]), $"seed {seed}: the second, who joined at {joinsAt}");
        }
    }

    private static void OpenPrintEnd(ConsoleScript console, string name, long reader)
    {
        console.Open(name, reader);
        console.Print(name, reader, "x\n");
        console.End(name, reader);
    }

    [Fact]
    public void A_FIFO_that_is_read_already_is_not_read_twice_when_vmmd_tells_of_it_again()
    {
        var console = new ConsoleScript();
        console.Open("web", reader: 1);
        console.Print("web", 1, "half a l");

        Assert.Equal(["answer 0 (stays open)"], console.Do(new ConsoleInput.FifoKept(ConsoleScript.From(0, "web"))));
        console.Subscribe(2, "web");
        console.Print("web", 1, "ine\n");
        Assert.Equal(["half a line"], console.Received[2]);
    }
}
