namespace Albatross.Solo5.Launch;

/// <summary>What the player makes of the result of a row's system call.</summary>
internal enum RowMode
{
    /// <summary>An error ends the process with the row's message.</summary>
    MustSucceed = 0,

    /// <summary>Any result will do.</summary>
    Ignore = 1,

    /// <summary>Anything but the row's value ends the process: a descriptor number or length that was foreseen.</summary>
    MustEqual = 2,

    /// <summary>As <see cref="MustSucceed"/>, and the low 32 bits of the result go to the address in the row's value.</summary>
    Store = 3,
}

/// <summary>
/// A row of the table that the player plays, 64 bytes: number u32, value u32, six arguments u64, mode u32, address of the message u32.
/// </summary>
internal static class RowLayout
{
    internal const int SizeBytes = 64;
    internal const int Number = 0;
    internal const int Value = 4;
    internal const int FirstArgument = 8;
    internal const int Mode = 56;
    internal const int Message = 60;

    /// <summary>The number of the row that ends the table.</summary>
    internal const uint LastRow = 0xffff_ffff;

    /// <summary>The number of a row that unmaps the stack, whose address only the process knows; its arguments do not count.</summary>
    internal const uint UnmapStack = 0xffff_fffe;
}
