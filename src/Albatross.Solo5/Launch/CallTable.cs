using System.Buffers.Binary;
using System.Text;

namespace Albatross.Solo5.Launch;

/// <summary>
/// Builds the table of system calls that the player plays. Data comes first and rows behind it, so that every address is known when it is
/// needed. New hardening is one more row.
/// </summary>
internal sealed class CallTable
{
    private readonly uint _address;
    private readonly string _program;
    private readonly List<byte> _data = [];
    private readonly List<byte[]> _rows = [];
    private readonly Dictionary<string, uint> _messages = new(StringComparer.Ordinal);

    /// <summary>
    /// A table whose first byte will lie at <paramref name="address"/>; messages begin with <paramref name="program"/> and a colon.
    /// </summary>
    internal CallTable(uint address, string program) => (_address, _program) = (address, program);

    /// <summary>How many system calls are played.</summary>
    internal int RowCount => _rows.Count;

    /// <summary>
    /// Puts <paramref name="bytes"/> into the table's data, aligned to 8 bytes; gives their address in the launched process.
    /// </summary>
    internal uint Place(ReadOnlySpan<byte> bytes)
    {
        uint address = _address + (uint)_data.Count;
        _data.AddRange(bytes);
        AlignData(8);
        return address;
    }

    /// <summary>An error ends the process with "PROGRAM: WHAT failed: errno 0xN".</summary>
    internal void MustSucceed(string what, int number, params ReadOnlySpan<ulong> arguments) =>
        Add(number, RowMode.MustSucceed, 0, what, arguments);

    /// <summary>The result does not matter.</summary>
    internal void Ignore(int number, params ReadOnlySpan<ulong> arguments) => Add(number, RowMode.Ignore, 0, null, arguments);

    /// <summary>Any result but <paramref name="expected"/> ends the process; errno is then the negated result.</summary>
    internal void MustEqual(string what, uint expected, int number, params ReadOnlySpan<ulong> arguments) =>
        Add(number, RowMode.MustEqual, expected, what, arguments);

    /// <summary>The low 32 bits of the result go to <paramref name="destination"/>; an error ends the process.</summary>
    internal void Store(string what, uint destination, int number, params ReadOnlySpan<ulong> arguments) =>
        Add(number, RowMode.Store, destination, what, arguments);

    /// <summary>The stack is unmapped, from a megabyte below to its end; an error ends the process.</summary>
    internal void UnmapStack(string what) => Add(unchecked((int)RowLayout.UnmapStack), RowMode.MustSucceed, 0, what, []);

    /// <summary>
    /// The bytes of the table; <paramref name="firstRow"/> is the address at which the player begins. The last row, which is no system
    /// call, carries <paramref name="lastArguments"/> for what comes after the player.
    /// </summary>
    internal byte[] Build(out uint firstRow, params ReadOnlySpan<ulong> lastArguments)
    {
        AlignData(RowLayout.SizeBytes);
        firstRow = _address + (uint)_data.Count;
        byte[] end = Row(unchecked((int)RowLayout.LastRow), lastArguments);
        return [.. _data, .. _rows.SelectMany(row => row), .. end];
    }

    private void Add(int number, RowMode mode, uint value, string? what, ReadOnlySpan<ulong> arguments)
    {
        byte[] row = Row(number, arguments);
        BinaryPrimitives.WriteUInt32LittleEndian(row.AsSpan(RowLayout.Value), value);
        BinaryPrimitives.WriteInt32LittleEndian(row.AsSpan(RowLayout.Mode), (int)mode);
        if (what is not null)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(row.AsSpan(RowLayout.Message), MessageAddress(what));
        }

        _rows.Add(row);
    }

    private static byte[] Row(int number, ReadOnlySpan<ulong> arguments)
    {
        var row = new byte[RowLayout.SizeBytes];
        BinaryPrimitives.WriteInt32LittleEndian(row.AsSpan(RowLayout.Number), number);
        for (int i = 0; i < arguments.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(row.AsSpan(RowLayout.FirstArgument + (8 * i)), arguments[i]);
        }

        return row;
    }

    /// <summary>The text's byte 1 is where the machine code writes the error number.</summary>
    private uint MessageAddress(string what)
    {
        if (!_messages.TryGetValue(what, out uint address))
        {
            address = Place(Encoding.ASCII.GetBytes($"{_program}: {what} failed: errno 0x\u0001\n\0"));
            _messages.Add(what, address);
        }

        return address;
    }

    private void AlignData(int alignment)
    {
        while (_data.Count % alignment != 0)
        {
            _data.Add(0);
        }
    }
}
