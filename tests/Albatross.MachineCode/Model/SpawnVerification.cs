using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Albatross.MachineCode.Source;
using Albatross.Solo5.Launch;
using Iced.Intel;

namespace Albatross.MachineCode.Model;

/// <summary>
/// Interprets the spawn stub on random answers of clone3 and random rows: in the parent it returns that answer with every register that
/// belongs to the caller, in the child it plays the rows, touches no stack, and reports the row that failed.
/// </summary>
internal static class SpawnVerification
{
    private const ulong Arguments = 0x6000_0000, Rows = 0x6100_0000, Report = 0x6200_0000, Stack = 0x6300_0000, Back = 0x6400_0000;
    private const int StackBytes = 0x100, MostRows = 5;

    private static readonly Register[] Kept =
        [Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14, Register.R15];

    private static readonly Register[] RowRegisters =
        [Register.RDI, Register.RSI, Register.RDX, Register.R10, Register.R8, Register.R9];

    /// <summary>Runs <paramref name="count"/> starts of <paramref name="seed"/>, or up to the first difference.</summary>
    internal static VerificationReport Run(AssembledCode code, int count, int seed)
    {
        var interpreter = new Interpreter(code) { EndAddress = Back };
        var process = new SpawningProcess(interpreter);
        var random = new Random(seed);
        string? failure = null;
        int done = 0;
        for (; done < count && failure is null; done++)
        {
            long cloned = random.Next(3) switch { 0 => -random.Next(1, 4096), 1 => random.Next(1, int.MaxValue), _ => 0 };
            PlayedRow[] rows = [.. Enumerable.Range(0, random.Next(1, MostRows + 1)).Select(_ => RandomRow(random))];
            string expected = Expect(cloned, rows);
            string seen;
            try
            {
                seen = process.Play(cloned, rows);
            }
            catch (ModelException e)
            {
                seen = e.Message;
            }

            failure = expected == seen ? null : $"seed {seed}, start {done}\nexpected {expected}\nseen     {seen}";
        }

        return Verification.Report(done, interpreter, failure, [.. interpreter.Instructions]);
    }

    private static PlayedRow RandomRow(Random random)
    {
        long[] results = [0, 1, -1, -12, -4095, -4096, -4097, 0xABCDEF0123, int.MinValue, long.MinValue, long.MaxValue];
        return new PlayedRow(
            random.Next(450),
            (RowMode)random.Next(4),
            (uint)random.Next(),
            [.. Enumerable.Range(0, RowRegisters.Length).Select(_ => (ulong)random.NextInt64())],
            results[random.Next(results.Length)]);
    }

    /// <summary>What has to happen, written without a look at the machine code. The last row is the one that does not come back.</summary>
    private static string Expect(long cloned, PlayedRow[] rows)
    {
        var log = new StringBuilder();
        if (cloned != 0)
        {
            return log.Append(CultureInfo.InvariantCulture, $"returns {(int)cloned}").ToString();
        }

        for (int i = 0; i < rows.Length; i++)
        {
            PlayedRow row = rows[i];
            log.Append(CultureInfo.InvariantCulture, $"{row.Number} {string.Join(' ', row.Arguments)}; ");
            if (row.Mode != RowMode.Ignore && row.Result is < 0 and >= -4095)
            {
                return log.Append(CultureInfo.InvariantCulture, $"row {i} failed with {row.Result}").ToString();
            }
        }

        return log.Append("executes").ToString();
    }

    /// <summary>Parent and child in one memory, and a kernel that answers as the case says.</summary>
    private sealed class SpawningProcess
    {
        private readonly Interpreter _interpreter;
        private readonly MemoryRegion _rows = new("rows", Rows, new byte[MostRows * RowLayout.SizeBytes], IsWritable: false);
        private readonly MemoryRegion _report = new("report", Report, new byte[16], IsWritable: true);
        private readonly MemoryRegion _stack = new("stack", Stack, new byte[StackBytes], IsWritable: true);
        private readonly StringBuilder _log = new();
        private PlayedRow[] _case = [];
        private long _cloned;
        private int _next;
        private bool _isChild;
        private bool _hasCloned;
        private bool _ended;

        internal SpawningProcess(Interpreter interpreter)
        {
            _interpreter = interpreter;
            interpreter.Add(_rows);
            interpreter.Add(_report);
            interpreter.Add(_stack);
            interpreter.OnSystemCall = _ => Answer();
            interpreter.OnStore = (region, address, _) =>
            {
                if (_isChild ? region == _stack : region == _report || address >= Stack + StackBytes - 8)
                {
                    throw new ModelException($"a store into {region.Name} at {address:x}");
                }
            };
        }

        internal string Play(long cloned, PlayedRow[] rows)
        {
            (_case, _cloned, _next, _isChild, _hasCloned, _ended) = (rows, cloned, 0, false, false, false);
            _log.Clear();
            _report.Bytes.AsSpan().Clear();
            for (int i = 0; i < rows.Length; i++)
            {
                Span<byte> row = _rows.Bytes.AsSpan(i * RowLayout.SizeBytes, RowLayout.SizeBytes);
                BinaryPrimitives.WriteInt32LittleEndian(row, rows[i].Number);
                BinaryPrimitives.WriteUInt32LittleEndian(row[RowLayout.Value..], rows[i].Value);
                for (int j = 0; j < RowRegisters.Length; j++)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(row[(RowLayout.FirstArgument + (8 * j))..], rows[i].Arguments[j]);
                }

                BinaryPrimitives.WriteUInt32LittleEndian(row[RowLayout.Mode..], (uint)rows[i].Mode);
            }

            foreach (Register register in Kept)
            {
                _interpreter[register] = 0xcafe_0000_0000_0000 | (ulong)register;
            }

            _interpreter[Register.RSP] = Stack + StackBytes - 8;
            BinaryPrimitives.WriteUInt64LittleEndian(_stack.At(Stack + StackBytes - 8, 8), Back);
            (_interpreter[Register.RDI], _interpreter[Register.RSI], _interpreter[Register.RDX]) = (Arguments, Rows, Report);
            _interpreter.Run(0);
            return _ended ? _log.ToString() : Returned();
        }

        private string Returned()
        {
            bool kept = Kept.All(register => _interpreter[register] == (0xcafe_0000_0000_0000 | (ulong)register))
                && _interpreter[Register.RSP] == Stack + StackBytes;
            return _isChild || !kept ? "returns with wrong registers" : $"returns {(int)_interpreter[Register.RAX]}";
        }

        private bool Answer()
        {
            ulong number = _interpreter[Register.RAX];
            ulong[] a = [.. RowRegisters.Select(register => _interpreter[register])];
            if (!_hasCloned)
            {
                _hasCloned = true;
                _isChild = _cloned == 0;
                _interpreter[Register.RAX] = (ulong)_cloned;
                return number == SystemCallNumber.Clone3 && (a[0], a[1]) == (Arguments, 88)
                    ? true
                    : throw new ModelException($"system call {number} {a[0]:x} {a[1]}");
            }

            ulong failedRow = BinaryPrimitives.ReadUInt64LittleEndian(_report.Bytes);
            if (failedRow != 0)
            {
                long result = BinaryPrimitives.ReadInt64LittleEndian(_report.Bytes.AsSpan(8));
                _log.Append(CultureInfo.InvariantCulture, $"row {(failedRow - Rows) / RowLayout.SizeBytes} failed with {result}");
                _ended = true;
                return number == SystemCallNumber.ExitGroup && a[0] == 127
                    ? false
                    : throw new ModelException($"system call {number} {a[0]} after the report");
            }

            if (!_isChild || _next == _case.Length)
            {
                throw new ModelException($"system call {number} behind the rows");
            }

            PlayedRow row = _case[_next++];
            _log.Append(CultureInfo.InvariantCulture, $"{number} {string.Join(' ', a)}; ");
            _interpreter[Register.RAX] = (ulong)row.Result;
            _ended = _next == _case.Length && !(row.Mode != RowMode.Ignore && row.Result is < 0 and >= -4095);
            if (_ended)
            {
                _log.Append("executes");
            }

            return !_ended;
        }
    }
}
