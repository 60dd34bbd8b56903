using System.Text.Json.Nodes;
using Albatross.Protocol.State;

namespace Albatross.Tests.Protocol;

/// <summary>State files.</summary>
internal static partial class VectorRendering
{
    public static JsonObject Render(StoredState state) => new()
    {
        ["unikernels"] = List(state.Unikernels, entry => new JsonObject
        {
            ["name"] = entry.Key.ToString(),
            ["value"] = Render(entry.Value),
        }),
        ["policies"] = List(state.Policies, entry => new JsonObject
        {
            ["name"] = entry.Key.ToString(),
            ["value"] = Render(entry.Value),
        }),
    };
}
