using Albatross.Guests;

namespace Albatross.HostTests.Expectations;

/// <summary>Section 1 of the hvt specification, which holds for spt too: an image for each refusal, under both tenders.</summary>
internal static class ImageExpectations
{
    private const GuestTarget Hvt = GuestTarget.Hvt, Spt = GuestTarget.Spt;

    internal static IEnumerable<Expectation> All =>
    [
        .. MalformedGuests.All.SelectMany(one => new[] { Malformed(one, Hvt), Malformed(one, Spt) }),
        .. Foreign(Hvt, 2, "spt"),
        .. Foreign(Spt, 1, "hvt"),
        .. new[] { Hvt, Spt }.SelectMany(target => (IEnumerable<Expectation>)
        [
            .. Foreign(target, 0, "the unknown target 0"),
            .. Foreign(target, 3, "virtio"),
            .. Foreign(target, 4, "muen"),
            .. Foreign(target, 5, "genode"),
            .. Foreign(target, 6, "xen"),
            .. Foreign(target, 7, "the unknown target 7"),
            Version(target, 1),
            Version(target, 3),
        ]),
    ];

    private static Expectation Malformed(MalformedGuest guest, GuestTarget target) => new(target, guest.Section, guest.Name)
    {
        Guest = () => guest.Image(target),
        Options = [$"--mem={MalformedGuests.MemoryBytes >> 20}"],
        Status = 1,
        Error = $"{{tender}}{{image}}: {guest.Text}\n",

        // Rules for segments are looked at with the memory at hand.
        EndsBeforeKvm = guest.Section == "1.3" || !guest.Text.Contains("phdr", StringComparison.Ordinal),
    };

    private static IEnumerable<Expectation> Foreign(GuestTarget target, uint other, string name) =>
    [
        new(target, "1.3", $"an image for {name}")
        {
            Guest = () => MalformedGuests.For(other, version: other is 1 or 2 ? 2u : 1u),
            Status = 1,
            Error = $"{{tender}}{{image}}: Executable is not for the solo5-{{target}} target: it is for {name}\n",
            EndsBeforeKvm = true,
        },
    ];

    private static Expectation Version(GuestTarget target, uint version) => new(target, "1.3", $"version {version} of the ABI")
    {
        Guest = () => MalformedGuests.For((uint)target, version),
        Status = 1,
        Error = $"{{tender}}{{image}}: Executable requests unsupported ABI version {version}\n",
        EndsBeforeKvm = true,
    };
}
