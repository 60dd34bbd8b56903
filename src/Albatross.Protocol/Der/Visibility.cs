using System.Runtime.CompilerServices;

// The tables of good and bad bytes are held against the reader and the time format themselves.
[assembly: InternalsVisibleTo("Albatross.Tests")]
