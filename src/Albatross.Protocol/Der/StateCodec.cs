using Albatross.Policy;
using Albatross.Policy.Names;
using Albatross.Policy.Policies;
using Albatross.Policy.Unikernels;
using Albatross.Protocol.State;

namespace Albatross.Protocol.Der;

/// <summary>
/// State ::= CHOICE { unikernels-v1 [0], unikernels-v0 [1], unikernels-v2 [2], unikernels-v3 [3], v3-policies [4], v4-policies [5],
/// current [6] SEQUENCE { unikernels SEQUENCE OF SEQUENCE { name Name, value Config }, policies SEQUENCE OF SEQUENCE { name Name, value
/// Policy } }, reserved [7] NULL }: the state file, unframed (wire specification, sections 3 and 11). All of [0] to [6] are read, [6] is
/// written. [0] to [3] have no policies; their numbers are not in the order of their age.
/// </summary>
/// <example><code>
/// if (!StateCodec.TryDecode(file, out StoredState? state, out Refusal? refusal)) { … refuse to start, show refusal.Text }
/// </code></example>
public static class StateCodec
{
    private const int Current = 6;

    /// <summary>
    /// Reads exactly one state. Texts and images of the result are slices of <paramref name="der"/>, which must stay as it is. Never
    /// throws. The entries may come in any order.
    /// </summary>
    /// <param name="der">The content of the file.</param>
    /// <param name="state">The state.</param>
    /// <param name="refusal">
    /// UnknownTag: the file of a newer version. InvalidName: a name breaks the rules of section 5. AlreadyExists: two entries have one
    /// name. TooLarge: lists of more elements than allowed. Malformed: everything else.
    /// </param>
    public static bool TryDecode(
        ReadOnlyMemory<byte> der, [NotNullWhen(true)] out StoredState? state, [NotNullWhen(false)] out Refusal? refusal) =>
        TryDecode(der, ReadChoice, out state, out refusal);

    /// <summary>As above, for a choice that <paramref name="read"/> knows.</summary>
    internal static bool TryDecode(
        ReadOnlyMemory<byte> der,
        StateReader read,
        [NotNullWhen(true)] out StoredState? state,
        [NotNullWhen(false)] out Refusal? refusal)
    {
        try
        {
            var reader = new DerReader(der, ElementBudget.ForState());
            DerReader choice = reader.EnterChoice(out int number);
            state = read(number, ref choice);
            choice.End();
            reader.End();
            refusal = null;
            return true;
        }
        catch (DerException e)
        {
            (state, refusal) = (null, e.Refusal);
            return false;
        }
    }

    /// <summary>The file of <paramref name="state"/>, as the original writes it. Images are copied once.</summary>
    /// <exception cref="InvalidOperationException">A number of more than 63 bits: it could not be read again.</exception>
    public static byte[] Encode(StoredState state) => DerWriter.Encode(state, Write);

    private static StoredState ReadChoice(int number, ref DerReader choice) => number switch
    {
        0 => ReadUnikernelsOnly(ref choice, UnikernelConfigHistory.ReadVersion1),
        1 => ReadUnikernelsOnly(ref choice, UnikernelConfigHistory.ReadVersion0),
        2 => ReadUnikernelsOnly(ref choice, UnikernelConfigHistory.ReadVersion2),
        3 => ReadUnikernelsOnly(ref choice, UnikernelConfigHistory.ReadVersion3),
        4 => ReadBoth(ref choice, UnikernelConfigHistory.ReadVersion3),
        5 => ReadBoth(ref choice, UnikernelConfigHistory.ReadVersion4),
        Current => ReadBoth(ref choice, UnikernelConfigCodec.Read),
        _ => throw new DerException(new Refusal(
            RefusalCode.UnknownTag, $"a state of version [{number}]: this version reads [0] to [{Current}], so a newer one wrote it")),
    };

    private static StoredState ReadUnikernelsOnly(ref DerReader reader, DerElement<UnikernelConfig> read) =>
        StoredState.Empty with { Unikernels = ReadEntries(ref reader, read, "unikernels") };

    // SEQUENCE { unikernels SEQUENCE OF …, policies SEQUENCE OF … }
    internal static StoredState ReadBoth(ref DerReader reader, DerElement<UnikernelConfig> read)
    {
        DerReader fields = reader.Enter(DerTag.Sequence);
        var state = new StoredState(ReadEntries(ref fields, read, "unikernels"), ReadEntries(ref fields, PolicyCodec.Read, "policies"));
        fields.End();
        return state;
    }

    // SEQUENCE OF SEQUENCE { name Name, value … }
    private static ImmutableSortedDictionary<Name, T> ReadEntries<T>(ref DerReader reader, DerElement<T> read, string what)
    {
        var entries = ImmutableSortedDictionary.CreateBuilder<Name, T>();
        reader.ReadListOf(DerTag.Sequence, (ref DerReader item) =>
        {
            DerReader fields = item.Enter(DerTag.Sequence);
            Name name = fields.ReadName();
            T value = read(ref fields);
            fields.End();
            if (entries.ContainsKey(name))
            {
                throw new DerException(new Refusal(RefusalCode.AlreadyExists, $"the state has two {what} at {name}"));
            }

            entries.Add(name, value);
            return name;
        });
        return entries.ToImmutable();
    }

    private static void Write(DerWriter writer, StoredState state)
    {
        using (writer.EnterTag(Current))
        {
            WriteBoth(writer, state);
        }
    }

    /// <summary>SEQUENCE { unikernels, policies }, as in [6].</summary>
    internal static void WriteBoth(DerWriter writer, StoredState state)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteSequenceOf(state.Unikernels, static (writer, entry) => WriteUnikernel(writer, entry.Key, entry.Value));
            writer.WriteSequenceOf(state.Policies, static (writer, entry) => WritePolicy(writer, entry.Key, entry.Value));
        }
    }

    private static void WriteUnikernel(DerWriter writer, Name name, UnikernelConfig config)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteName(name);
            UnikernelConfigCodec.Write(writer, config);
        }
    }

    private static void WritePolicy(DerWriter writer, Name name, ResourcePolicy policy)
    {
        using (writer.Enter(DerTag.Sequence))
        {
            writer.WriteName(name);
            PolicyCodec.Write(writer, policy);
        }
    }
}

/// <summary>Reads the alternative <paramref name="number"/> of a state.</summary>
internal delegate StoredState StateReader(int number, ref DerReader choice);
