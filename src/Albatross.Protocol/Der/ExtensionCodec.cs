using Albatross.Policy;
using Albatross.Protocol.Commands;

namespace Albatross.Protocol.Der;

/// <summary>
/// CertExtension ::= SEQUENCE { version INTEGER (5), command Command }: the value of the certificate extension
/// 1.3.6.1.4.1.49836.42 (wire specification, sections 3 and 9).
/// </summary>
/// <example><code>ExtensionCodec.Encode(new Command.UnikernelInfo()) // 30 09 02 01 05 A3 04 B3 02 05 00</code></example>
public static class ExtensionCodec
{
    /// <summary>
    /// Reads exactly one extension value. Texts and images of the result are slices of <paramref name="der"/>, which must stay as it is.
    /// Never throws; takes time and memory in proportion to the input.
    /// </summary>
    /// <param name="der">The extension value.</param>
    /// <param name="command">The command; a tag of a newer client is <see cref="Command.Unknown"/>.</param>
    /// <param name="refusal">UnsupportedVersion, TooLarge (lists of more elements than allowed) or Malformed.</param>
    public static bool TryDecode(
        ReadOnlyMemory<byte> der, [NotNullWhen(true)] out Command? command, [NotNullWhen(false)] out Refusal? refusal)
    {
        try
        {
            var reader = new DerReader(der, ElementBudget.ForCommand());
            DerReader fields = reader.Enter(DerTag.Sequence);
            HeaderCodec.ReadVersion(ref fields);
            command = CommandCodec.Read(ref fields);
            fields.End();
            reader.End();
            refusal = null;
            return true;
        }
        catch (DerException e)
        {
            (command, refusal) = (null, e.Refusal);
            return false;
        }
    }

    /// <summary>The extension value of <paramref name="command"/>.</summary>
    /// <exception cref="InvalidOperationException">An Unknown command, or a number of more than 63 bits: neither can be sent.</exception>
    public static byte[] Encode(Command command) => DerWriter.Encode(command, Write);

    private static void Write(DerWriter writer, Command command)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteInteger(Header.Version);
            CommandCodec.Write(writer, command);
        }
    }
}
