using System.Buffers.Binary;
using System.Text;
using static Iced.Intel.AssemblerRegisters;

namespace Albatross.HostTests.Tender.Walls;

/// <summary>The attempts that are more than one call.</summary>
internal static partial class Attempts
{
    private static void ConnectByTcp(HostileCode c)
    {
        // struct sockaddr_in: family, port and address in network order.
        var address = new byte[16];
        address[0] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(2), (ushort)c.Context.Port);
        address[4] = 127;
        address[7] = 1;
        c.Call(Socket, 2, 1, 0);
        c.CallOnResult(Connect, c.Bytes(address), 16);
    }

    private static void ConnectByName(HostileCode c)
    {
        // struct sockaddr_un: family, then a name that begins with 0.
        byte[] address = [1, 0, 0, .. Encoding.ASCII.GetBytes(c.Context.Socket)];
        c.Call(Socket, 1, 1, 0);
        c.CallOnResult(Connect, c.Bytes(address), (ulong)address.Length);
    }

    private static void TakeDescriptor(HostileCode c)
    {
        const int PidfdOpen = 434, PidfdGetfd = 438;
        c.Call(PidfdOpen, (ulong)c.Context.OtherProcess, 0);
        c.CallOnResult(PidfdGetfd, 1, 0);
    }

    private static void Execute(HostileCode c, params ReadOnlySpan<string> words) =>
        c.Call(Execve, c.Text(words[0]), c.Strings(words), c.Strings());

    private static void Store(HostileCode c, uint address)
    {
        c.Asm.mov(eax, address);
        c.Asm.mov(__dword_ptr[rax], 0);
    }

    /// <summary>Nothing has changed the kernel's stack pointer under hvt.</summary>
    private static void ReadStack(HostileCode c) => c.Asm.mov(rax, __qword_ptr[rsp]);

    /// <summary>Offset and length are within the disk, each by itself: the filter lets it pass.</summary>
    private static void WriteAcross(HostileCode c)
    {
        c.Call(18, c.Disk, c.Page, HostileContext.DiskBytes, HostileContext.DiskBytes - 512);
        c.Expect(HostileContext.DiskBytes);
    }

    /// <summary>CAP_SYS_ADMIN, effective and permitted.</summary>
    private static void TakeCapability(HostileCode c)
    {
        const ulong Version3 = 0x2008_0522, Administrator = 1 << 21;
        c.Call(126, c.Words(Version3), c.Words(Administrator | (Administrator << 32), 0, 0));
    }

    private static void AskBy32Bits(HostileCode c)
    {
        c.Asm.mov(eax, 20);
        c.Asm.@int(0x80);
    }

    private static void SetSpecialRegisters(HostileCode c)
    {
        ulong registers = c.Reserve(312);
        c.Call(Ioctl, c.FirstOwn, 0x8138_AE83, registers);
        c.Call(Ioctl, c.FirstOwn, 0x4138_AE84, registers);
    }
}
