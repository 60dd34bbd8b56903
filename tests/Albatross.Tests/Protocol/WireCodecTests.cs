using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.Commands;
using Albatross.Protocol.Der;

namespace Albatross.Tests.Protocol;

public sealed class WireCodecTests
{
    private const int Mib = 1 << 20;

    private static readonly UnikernelSettings Plain = new(new FailBehaviour.Quit(), null, true, new([0]), 32, [], [], null);

    [Fact]
    public void A_console_line_keeps_its_bytes()
    {
        byte[] line = [0x00, 0xff, 0xc3, 0x28, 0x0a, 0x1b, 0x5b];
        var said = new Reply.ConsoleLine(DateTimeOffset.UnixEpoch, new RawText(line));

        var heard = Assert.IsType<Reply.ConsoleLine>(Assert.IsType<Wire.Answer>(Decode(Answer(said))).Reply);

        Assert.Equal(line, heard.Line.Bytes.ToArray());
    }

    [Fact]
    public void An_image_is_a_slice_of_the_frame_and_takes_no_memory_to_read()
    {
        byte[] frame = WireCodec.Encode(Create(new byte[10 * Mib]));
        Decode(frame);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Wire wire = Decode(frame);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        var create = Assert.IsType<Command.UnikernelCreate>(Assert.IsType<Wire.Request>(wire).Command);
        Assert.True(MemoryMarshal.TryGetArray(create.Config.Image, out ArraySegment<byte> image));
        Assert.Same(frame, image.Array);
        Assert.Equal(10 * Mib, image.Count);
        Assert.InRange(allocated, 0, 16 << 10);
    }

    [Fact]
    public void An_image_is_copied_once_when_it_is_written()
    {
        Wire wire = Create(new byte[10 * Mib]);
        WireCodec.EncodeFramed(wire);

        long before = GC.GetAllocatedBytesForCurrentThread();
        byte[] frame = WireCodec.EncodeFramed(wire);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(frame.Length - 4, BinaryPrimitives.ReadInt32BigEndian(frame));
        Assert.InRange(allocated - frame.Length, 0, 16 << 10);
    }

    [Theory]
    [InlineData("a0", "a6020500", "command [6]")]
    [InlineData("a0", "a004a1020500", "console command [1]")]
    [InlineData("a0", "a006a204a2020500", "console subscribe [2]")]
    [InlineData("a0", "a104a4020500", "statistics command [4]")]
    [InlineData("a0", "a304b6020500", "unikernel command [22]")]
    [InlineData("a0", "a306ae04a4020500", "restart arguments [4]")]
    [InlineData("a0", "a404a3020500", "policy command [3]")]
    [InlineData("a0", "a504a8020500", "block command [8]")]
    [InlineData("a0", "a302b600", "unikernel command [22]")]
    [InlineData("a0", "a304b602ffff", "unikernel command [22]")]     // what is below is not looked at
    [InlineData("a1", "a3020500", "success [3]")]
    [InlineData("a3", "a0020500", "data [0]")]
    [InlineData("a3", "a404a2020500", "block data [2]")]
    public void A_tag_of_a_newer_peer_is_unknown_and_the_header_is_read(string payload, string below, string where)
    {
        Wire wire = Decode(Message(payload, below));

        Assert.Equal((7L, "foo:web"), (wire.Header.Sequence, wire.Header.Name.ToString()));
        string found = wire switch
        {
            Wire.Request request => Assert.IsType<Command.Unknown>(request.Command).Where,
            Wire.Answer answer => Assert.IsType<Reply.Unknown>(answer.Reply).Where,
            _ => "",
        };
        Assert.Equal(where, found);
        Assert.Throws<InvalidOperationException>(() => WireCodec.Encode(wire));
    }

    [Theory]
    [InlineData("a payload that is none of four", RefusalCode.UnknownTag, "a4", "0500", "unknown payload [4]")]
    [InlineData("a log command", RefusalCode.Malformed, "a0", "a2020500", "support for log was dropped")]
    [InlineData("a log entry", RefusalCode.Malformed, "a3", "a2020500", "support for log was dropped")]
    [InlineData("two commands below a tag", RefusalCode.Malformed, "a0", "a304a3020500a300", "trailing bytes: nothing expected, not [3]")]
    [InlineData("a command without content", RefusalCode.Malformed, "a0", "", "a choice expected, but nothing follows")]
    [InlineData("an odd fail behaviour", RefusalCode.Malformed, "a0", "a30aae08a3063004a2020500", "unknown fail behaviour [2]")]
    [InlineData("an image type that is neither", RefusalCode.Malformed, "a0", "a308b4063004a2020500", "unknown image type [2]")]
    public void A_message_that_cannot_be_answered_is_refused(string name, RefusalCode code, string payload, string below, string text)
    {
        Assert.False(WireCodec.TryDecode(Message(payload, below), out Wire? wire, out Refusal? refusal));

        Assert.Null(wire);
        Assert.Equal((name, new Refusal(code, text)), (name, refusal));
    }

    [Theory]
    [InlineData("020106", "unknown version number 0x6")]
    [InlineData("020104", "unknown version number 0x4")]
    [InlineData("02020100", "unknown version number 0x100")]
    [InlineData("0201ff", "unknown version number 0x7fffffffffffffff")]
    public void Another_version_is_told_before_anything_else_is_looked_at(string version, string text)
    {
        byte[] header = [.. Convert.FromHexString(version), 0xff, 0xff];
        byte[] der = [0x30, (byte)(header.Length + 3), 0x30, (byte)header.Length, .. header, 0xff];

        Assert.False(WireCodec.TryDecode(der, out _, out Refusal? refusal));

        Assert.Equal(new Refusal(RefusalCode.UnsupportedVersion, text), refusal);
    }

    [Fact]
    public void An_endless_name_is_refused_without_being_copied()
    {
        byte[] name = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("a:", 5 * Mib)));
        byte[] der = DerWriter.Encode(name, static (writer, name) =>
        {
            using (writer.Enter(DerTag.Sequence))
            using (writer.Enter(DerTag.Sequence))
            {
                writer.WriteInteger(5);
                writer.WriteInt64(0);
                writer.WriteText(new RawText(name));
            }
        });

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(WireCodec.TryDecode(der, out _, out Refusal? refusal));

        Assert.Equal(new Refusal(RefusalCode.InvalidName, $"invalid name: longer than {Name.MaxLength} characters"), refusal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 << 10);
    }

    [Fact]
    public void A_command_of_more_list_elements_than_allowed_is_too_large()
    {
        RawText[] many = new RawText[65_536];
        Wire allowed = Restart(many.Length - 1, many);
        Wire refused = Restart(many.Length, many);

        Decode(WireCodec.Encode(allowed));
        Assert.False(WireCodec.TryDecode(WireCodec.Encode(refused), out _, out Refusal? refusal));

        Assert.Equal(new Refusal(RefusalCode.TooLarge, "the lists of a command have more than 65536 elements"), refusal);
    }

    [Fact]
    public void A_reply_of_a_hundred_thousand_names_is_read()
    {
        Assert.True(Name.TryParse(":hello", out Name name, out _));
        byte[] der = Answer(new Reply.Consoles([.. Enumerable.Repeat(name, 100_000)]));

        var consoles = Assert.IsType<Reply.Consoles>(Assert.IsType<Wire.Answer>(Decode(der)).Reply);

        Assert.Equal(100_000, consoles.Names.Length);
    }

    [Fact]
    public void A_set_of_a_million_numbers_is_read_in_time_and_one_more_is_too_large()
    {
        // One of the million elements is the entry of the list.
        long started = Stopwatch.GetTimestamp();
        Decode(Answer(InfoOnCpus(1_048_575)));
        Assert.False(WireCodec.TryDecode(Answer(InfoOnCpus(1_048_576)), out _, out Refusal? refusal));

        Assert.Equal(new Refusal(RefusalCode.TooLarge, "the lists of a reply have more than 1048576 elements"), refusal);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 30);
    }

    [Theory]
    [InlineData("sequences in sequences", "30")]
    [InlineData("choices in choices", "a0")]
    public void Hostile_nesting_and_repetition_end_soon(string name, string pattern)
    {
        byte[] der = [.. Enumerable.Repeat(Convert.FromHexString(pattern), Mib).SelectMany(part => part)];
        long started = Stopwatch.GetTimestamp();

        Assert.False(WireCodec.TryDecode(der, out _, out Refusal? refusal), name);

        Assert.Equal(RefusalCode.Malformed, refusal!.Code);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 5);
    }

    [Theory]
    [InlineData(InfoForm.Version4)]
    [InlineData(InfoForm.Version5)]
    public void An_old_info_of_two_CPUs_has_the_lower_one(InfoForm form)
    {
        var reply = Assert.IsType<Reply.Unikernels>(Assert.IsType<Wire.Answer>(Decode(Answer(InfoOn(new([3, 1]), form)))).Reply);

        Assert.Equal(form, reply.Form);
        Assert.Equal(new ValueSet<long>([1]), Assert.Single(reply.Entries).Value.CpuIds);
    }

    [Fact]
    public void An_old_block_add_without_data_is_not_one_with_empty_data()
    {
        var without = new Wire.Request(new Header(0, Name.Root), new Command.BlockOldAdd(1, true, null));
        var empty = new Wire.Request(new Header(0, Name.Root), new Command.BlockOldAdd(1, true, ReadOnlyMemory<byte>.Empty));

        Wire readWithout = Decode(WireCodec.Encode(without)), readEmpty = Decode(WireCodec.Encode(empty));

        Assert.Null(Assert.IsType<Command.BlockOldAdd>(Assert.IsType<Wire.Request>(readWithout).Command).Data);
        Assert.NotNull(Assert.IsType<Command.BlockOldAdd>(Assert.IsType<Wire.Request>(readEmpty).Command).Data);
        Assert.Equal(WireCodec.Encode(without), WireCodec.Encode(readWithout));
    }

    [Fact]
    public void A_number_of_64_bits_is_not_written()
    {
        var wire = new Wire.Request(new Header(0, Name.Root), new Command.BlockAdd(1L << 62));

        Assert.Throws<InvalidOperationException>(() => WireCodec.Encode(wire));
    }

    private static Wire.Request Create(byte[] image) => new(
        new Header(0, Name.Root), new Command.UnikernelCreate(new(ImageType.Solo5, false, image, Plain), OnConflict.Refuse));

    // One more element is the CPU.
    private static Wire.Request Restart(int arguments, RawText[] from) => new(
        new Header(0, Name.Root), new Command.UnikernelRestart(Plain with { Arguments = [.. from.Take(arguments)] }));

    private static Reply.Unikernels InfoOnCpus(int count) =>
        InfoOn(new(Enumerable.Range(0, count).Select(cpu => (long)cpu)), InfoForm.Current);

    private static Reply.Unikernels InfoOn(ValueSet<long> cpuIds, InfoForm form)
    {
        var quit = new FailBehaviour.Quit();
        var info = new UnikernelInfo(ImageType.Solo5, null, quit, cpuIds, 32, new byte[32], [], [], null, DateTimeOffset.UnixEpoch);
        return new Reply.Unikernels(form, [new(Name.Root, info)]);
    }

    private static byte[] Answer(Reply reply) => WireCodec.Encode(new Wire.Answer(new Header(0, Name.Root), reply));

    private static byte[] Message(string payloadTag, string below)
    {
        byte[] header = Convert.FromHexString("3016" + "020105" + "04080000000000000007" + "0c07666f6f3a776562");
        byte[] content = Convert.FromHexString(below);
        byte[] payload = [.. Convert.FromHexString(payloadTag), (byte)content.Length, .. content];
        return [0x30, (byte)(header.Length + payload.Length), .. header, .. payload];
    }

    private static Wire Decode(byte[] der)
    {
        Assert.True(WireCodec.TryDecode(der, out Wire? wire, out Refusal? refusal), refusal?.Text);
        return wire;
    }
}
