namespace Albatross.Certificates.Keys;

/// <summary>
/// Fills <paramref name="destination"/> with random bytes. An argument of everything that makes keys or serial numbers, so that
/// this project has no randomness of its own; programs pass <c>RandomNumberGenerator.Fill</c>, tests may pass a counter.
/// </summary>
/// <param name="destination">What to fill, completely.</param>
public delegate void RandomSource(Span<byte> destination);
