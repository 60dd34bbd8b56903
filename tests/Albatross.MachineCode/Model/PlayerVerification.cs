using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Albatross.MachineCode.Source;
using Albatross.Solo5.Launch;
using Albatross.Solo5.Spt;
using Iced.Intel;

namespace Albatross.MachineCode.Model;

/// <summary>One row of a random table, and what the kernel answers.</summary>
internal sealed record PlayedRow(int Number, RowMode Mode, uint Value, ulong[] Arguments, long Result);

/// <summary>
/// Interprets the player of both launchers on random tables and compares with what the modes of <see cref="RowMode"/> say: the system calls,
/// what is stored, the message of a failure, and the registers at the end of the table.
/// </summary>
internal static class PlayerVerification
{
    private const ulong StackPage = 0x7ffc_1234_5000, StackPointer = StackPage + 0xf48, NameAt = StackPage + 0x1fe0;
    private const ulong Stack = 0x7f_fff8, Boot = 0x1_1000, Entry = 0x10_0040, MemoryBytes = 0x20_0000, Kilohertz = 2_500_001;

    /// <summary>Runs <paramref name="count"/> tables of <paramref name="seed"/> on the run loop's player.</summary>
    internal static VerificationReport RunLoop(AssembledCode code, int count, int seed)
    {
        return Run(code, ConstantsLayout.FirstRow, ScratchLayout.Text, "hvt", code.RunAddress, count, seed, ip => ip < code.RunAddress);
    }

    /// <summary>Runs <paramref name="count"/> tables of <paramref name="seed"/> on the code of an spt unikernel.</summary>
    internal static VerificationReport SptEntry(AssembledCode code, int count, int seed) =>
        Run(code, SptLayout.FirstRow, SptLayout.Text, "spt", Entry, count, seed, _ => true);

    private const int UnmapStack = unchecked((int)RowLayout.UnmapStack);

    private static VerificationReport Run(
        AssembledCode code, uint firstRow, uint text, string program, ulong end, int count, int seed, Func<ulong, bool> counts)
    {
        var interpreter = new Interpreter(code) { EndAddress = end };
        var process = new PlayerProcess(interpreter, firstRow, text, program);
        var random = new Random(seed);
        string? failure = null;
        int done = 0;
        for (; done < count && failure is null; done++)
        {
            PlayedRow[] rows = [.. Enumerable.Range(0, random.Next(5)).Select(_ => RandomRow(random))];
            string expected = Expect(rows, program);
            string seen;
            try
            {
                seen = process.Play(rows);
            }
            catch (ModelException e)
            {
                seen = e.Message;
            }

            failure = expected == seen ? null : $"seed {seed}, table {done}\nexpected {expected}\nseen     {seen}";
        }

        List<Instruction> counted = [.. interpreter.Instructions.Where(instruction => counts(instruction.IP))];
        return Verification.Report(done, interpreter, failure, counted);
    }

    private static PlayedRow RandomRow(Random random)
    {
        long[] results = [0, 1, 3, -1, -9, -10, -12, -0x9A9, -4095, -4096, -4097, 0x1_0000_0003, 0xABCDEF0123, int.MinValue, long.MinValue];
        return new PlayedRow(
            random.Next(8) == 0 ? UnmapStack : random.Next(450),
            (RowMode)random.Next(4),
            (uint)random.Next(5),
            [.. Enumerable.Range(0, 6).Select(_ => (ulong)random.NextInt64())],
            random.Next(3) == 0 ? random.Next(6) : results[random.Next(results.Length)]);
    }

    /// <summary>What has to happen, written without a look at the machine code.</summary>
    private static string Expect(PlayedRow[] rows, string program)
    {
        var log = new StringBuilder();
        for (int i = 0; i < rows.Length; i++)
        {
            PlayedRow row = rows[i];
            log.Append(row.Number == UnmapStack
                ? $"unmaps {StackPage - (1 << 20)} to {StackPage + 0x2000}; "
                : string.Create(CultureInfo.InvariantCulture, $"{row.Number} {string.Join(' ', row.Arguments)}; "));
            bool isError = row.Result is < 0 and >= -4095;
            bool fails = row.Mode != RowMode.Ignore && (isError || (row.Mode == RowMode.MustEqual && (uint)row.Result != row.Value));
            if (fails)
            {
                return log.Append(CultureInfo.InvariantCulture, $"dies: {program}: row {i} failed: errno 0x{unchecked(-row.Result):x}").ToString();
            }

            if (row.Mode == RowMode.Store)
            {
                log.Append(CultureInfo.InvariantCulture, $"stored {(uint)row.Result}; ");
            }
        }

        return log.Append("enters").ToString();
    }

    /// <summary>The memory in which a player runs, and a kernel that answers as the rows say.</summary>
    private sealed class PlayerProcess
    {
        /// <summary>What a register holds before the first instruction must not matter.</summary>
        private static readonly Register[] Junk =
        [
            Register.RAX, Register.RCX, Register.RDX, Register.RBX, Register.RSP, Register.RBP, Register.RSI, Register.RDI,
            Register.R8, Register.R9, Register.R10, Register.R11, Register.R12, Register.R13, Register.R14, Register.R15,
        ];

        private readonly Interpreter _interpreter;
        private readonly MemoryRegion _constants = new("constants", ProcessLayout.Constants, new byte[0x1000], IsWritable: false);
        private readonly MemoryRegion _boot = new("boot information", SptLayout.BootInformation, new byte[0x1000], IsWritable: true);
        private readonly MemoryRegion _scratch = new("scratch", ProcessLayout.Scratch, new byte[0x1000], IsWritable: true);
        private readonly MemoryRegion _table = new("table", ProcessLayout.Table, new byte[0x2000], IsWritable: false);
        private readonly MemoryRegion _guest = new("guest", ProcessLayout.Guest, new byte[0x11000], IsWritable: true);
        private readonly MemoryRegion _stack = new("stack", StackPage, new byte[0x2000], IsWritable: false);
        private readonly uint _firstRow;
        private readonly uint _text;
        private readonly string _program;
        private readonly StringBuilder _log = new();
        private PlayedRow[] _rows = [];
        private int _next;
        private string? _message;

        internal PlayerProcess(Interpreter interpreter, uint firstRow, uint text, string program)
        {
            (_interpreter, _firstRow, _text, _program) = (interpreter, firstRow, text, program);
            foreach (MemoryRegion region in (MemoryRegion[])[_constants, _boot, _scratch, _table, _guest, _stack])
            {
                interpreter.Add(region);
            }

            interpreter.OnStore = (region, address, bytes) =>
            {
                if (region == _guest && (address, bytes) != (ProcessLayout.Guest + 0x10010, 8))
                {
                    throw new ModelException($"a store into guest memory at {address:x}");
                }
            };
            interpreter.OnSystemCall = _ => Answer();
        }

        private uint Destination => _program == "hvt" ? ScratchLayout.Time : SptLayout.BootInformation + 0x800;

        internal string Play(PlayedRow[] rows)
        {
            _log.Clear();
            (_rows, _next, _message) = (rows, 0, null);
            byte[] table = Table(rows, out uint firstRow);
            table.CopyTo(_table.Bytes, 0);
            BinaryPrimitives.WriteUInt32LittleEndian((_program == "hvt" ? _constants : _table).At(_firstRow, 4), firstRow);
            BinaryPrimitives.WriteUInt64LittleEndian(_constants.At(ConstantsLayout.MemorySize, 8), MemoryBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(_scratch.At(ScratchLayout.TscKilohertz, 4), (uint)Kilohertz);
            foreach (Register register in Junk)
            {
                _interpreter[register] = 0xbad0_0000_0000_0000 | (ulong)register;
            }

            _interpreter.Direction = true;
            BinaryPrimitives.WriteUInt64LittleEndian(_stack.At(StackPointer + 8, 8), NameAt);
            _interpreter[Register.RSP] = StackPointer;
            _interpreter.Run(ProcessLayout.Code);
            NoteStore();
            return _message is null ? _log.Append(Entered()).ToString() : _log.Append(_message).ToString();
        }

        private byte[] Table(PlayedRow[] rows, out uint firstRow)
        {
            var table = new CallTable(ProcessLayout.Table, _program);
            table.Place(new byte[8]);
            for (int i = 0; i < rows.Length; i++)
            {
                PlayedRow row = rows[i];
                switch (row.Mode)
                {
                    case RowMode.MustSucceed when row.Number == UnmapStack:
                        table.UnmapStack($"row {i}");
                        break;
                    case RowMode.Ignore:
                        table.Ignore(row.Number, row.Arguments);
                        break;
                    case RowMode.MustEqual:
                        table.MustEqual($"row {i}", row.Value, row.Number, row.Arguments);
                        break;
                    case RowMode.Store:
                        table.Store($"row {i}", Destination, row.Number, row.Arguments);
                        break;
                    default:
                        table.MustSucceed($"row {i}", row.Number, row.Arguments);
                        break;
                }
            }

            return table.Build(out firstRow, Stack, Boot, Entry);
        }

        private bool Answer()
        {
            NoteStore();
            ulong number = _interpreter[Register.RAX];
            Register[] registers = [Register.RDI, Register.RSI, Register.RDX, Register.R10, Register.R8, Register.R9];
            ulong[] a = [.. registers.Select(register => _interpreter[register])];
            if (_message is not null)
            {
                return number == SystemCallNumber.ExitGroup && a[0] == 1
                    ? false
                    : throw new ModelException($"system call {number} after the message");
            }

            if (number == SystemCallNumber.Write && a[0] == LaunchDescriptors.Error && a[1] == _text && a[2] <= 512)
            {
                MemoryRegion region = _program == "hvt" ? _scratch : _boot;
                string text = Encoding.ASCII.GetString(region.At(_text, (int)a[2]));
                _message = text.EndsWith('\n') ? $"dies: {text[..^1]}" : throw new ModelException($"a message without an end: {text}");
                return true;
            }

            if (_next == _rows.Length)
            {
                throw new ModelException($"system call {number} behind the table");
            }

            _log.Append(_rows[_next].Number == UnmapStack && number == SystemCallNumber.Munmap
                ? $"unmaps {a[0]} to {a[0] + a[1]}; "
                : string.Create(CultureInfo.InvariantCulture, $"{number} {string.Join(' ', a)}; "));
            _interpreter[Register.RAX] = (ulong)_rows[_next].Result;
            BinaryPrimitives.WriteUInt32LittleEndian(Stored, 0xFFFF_FFFF);
            _next++;
            return true;
        }

        private Span<byte> Stored => (_program == "hvt" ? _scratch : _boot).At(Destination, 4);

        /// <summary>Whether the row before stored its result.</summary>
        private void NoteStore()
        {
            if (_next > 0 && _rows[_next - 1].Mode == RowMode.Store && BinaryPrimitives.ReadUInt32LittleEndian(Stored) is var value and not 0xFFFF_FFFF)
            {
                _log.Append(CultureInfo.InvariantCulture, $"stored {value}; ");
                BinaryPrimitives.WriteUInt32LittleEndian(Stored, 0xFFFF_FFFF);
            }
        }

        private string Entered()
        {
            Register[] zero =
            [
                Register.RBX, Register.RCX, Register.RDX, Register.RSI, Register.RBP, Register.R8, Register.R9, Register.R10, Register.R11,
                Register.R12, Register.R13, Register.R14, Register.R15,
            ];
            bool right = _program == "hvt"
                ? _interpreter[Register.RBX] == ProcessLayout.Guest && _interpreter[Register.RBP] == MemoryBytes
                    && BinaryPrimitives.ReadUInt64LittleEndian(_guest.At(ProcessLayout.Guest + 0x10010, 8)) == Kilohertz * 1000
                : _interpreter[Register.RSP] == Stack && _interpreter[Register.RDI] == Boot && !_interpreter.Direction
                    && zero.All(register => _interpreter[register] == 0);
            return right && _next == _rows.Length ? "enters" : "enters with wrong registers";
        }
    }
}
