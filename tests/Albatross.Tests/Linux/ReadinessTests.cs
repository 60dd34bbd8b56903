using Albatross.Linux;
using Microsoft.Win32.SafeHandles;

namespace Albatross.Tests.Linux;

/// <summary>Waiting for many descriptors with one thread.</summary>
public sealed class ReadinessTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("albatross-readiness-");
    private readonly Readiness _readiness = new();

    private static CancellationToken TestEnds => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _readiness.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_silent_descriptor_does_not_wake()
    {
        (Fifo reader, Fifo writer) = Open("web");
        using (reader)
        using (writer)
        using (ReadinessWatch watch = _readiness.Watch(reader))
        {
            Task readable = watch.ReadableAsync(TestEnds);
            await Task.Delay(50, TestEnds);
            Assert.False(readable.IsCompleted);

            Write(writer, "x"u8);
            await readable.WaitAsync(Soon, TestEnds);
        }
    }

    [Fact]
    public async Task Data_that_is_there_already_wakes_at_once()
    {
        (Fifo reader, Fifo writer) = Open("web");
        using (reader)
        using (writer)
        using (ReadinessWatch watch = _readiness.Watch(reader))
        {
            Write(writer, "x"u8);

            await watch.ReadableAsync(TestEnds).WaitAsync(Soon, TestEnds);
            await watch.ReadableAsync(TestEnds).WaitAsync(Soon, TestEnds);   // not read yet: still readable
        }
    }

    [Fact]
    public async Task The_end_of_the_last_writer_wakes()
    {
        (Fifo reader, Fifo writer) = Open("web");
        using (reader)
        using (ReadinessWatch watch = _readiness.Watch(reader))
        {
            Task readable = watch.ReadableAsync(TestEnds);
            writer.Dispose();

            await readable.WaitAsync(Soon, TestEnds);
            Assert.Equal(0, reader.Read(new byte[1]));
        }
    }

    [Fact]
    public async Task Waiting_can_be_given_up_and_begun_again()
    {
        (Fifo reader, Fifo writer) = Open("web");
        using (reader)
        using (writer)
        using (ReadinessWatch watch = _readiness.Watch(reader))
        {
            using var givenUp = new CancellationTokenSource();
            Task first = watch.ReadableAsync(givenUp.Token);
            await givenUp.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Soon, TestEnds));

            Task second = watch.ReadableAsync(TestEnds);
            Write(writer, "x"u8);
            await second.WaitAsync(Soon, TestEnds);
        }
    }

    [Fact]
    public async Task A_descriptor_has_one_waiter_at_a_time()
    {
        (Fifo reader, Fifo writer) = Open("web");
        using (reader)
        using (writer)
        using (ReadinessWatch watch = _readiness.Watch(reader))
        {
            Task first = watch.ReadableAsync(TestEnds);
            await Assert.ThrowsAsync<InvalidOperationException>(() => watch.ReadableAsync(TestEnds));

            Write(writer, "x"u8);
            await first.WaitAsync(Soon, TestEnds);
        }
    }

    [Fact]
    public async Task Of_many_descriptors_those_wake_that_have_something()
    {
        var open = Enumerable.Range(0, 200).Select(n => Open($"uk{n}")).ToList();
        var watches = open.Select(pair => _readiness.Watch(pair.Reader)).ToList();
        List<Task> waiting = [.. watches.Select(watch => watch.ReadableAsync(TestEnds))];

        for (int i = 0; i < open.Count; i += 2)
        {
            Write(open[i].Writer, "x"u8);
        }

        await Task.WhenAll(waiting.Where((_, i) => i % 2 == 0)).WaitAsync(Soon, TestEnds);
        Assert.DoesNotContain(waiting.Where((_, i) => i % 2 == 1), task => task.IsCompleted);

        for (int i = 1; i < open.Count; i += 2)
        {
            open[i].Writer.Dispose();
        }

        await Task.WhenAll(waiting).WaitAsync(Soon, TestEnds);
        watches.ForEach(watch => watch.Dispose());
        open.ForEach(pair => pair.Reader.Dispose());
        open.ForEach(pair => pair.Writer.Dispose());
    }

    [Fact]
    public async Task A_watch_that_was_given_up_can_be_followed_by_another_on_the_same_descriptor()
    {
        (Fifo reader, Fifo writer) = Open("web");
        using (reader)
        using (writer)
        {
            _readiness.Watch(reader).Dispose();
            using ReadinessWatch watch = _readiness.Watch(reader);
            Write(writer, "x"u8);

            await watch.ReadableAsync(TestEnds).WaitAsync(Soon, TestEnds);
        }
    }

    private (Fifo Reader, Fifo Writer) Open(string name)
    {
        string path = Path.Combine(_directory.FullName, name);
        Fifo.Create(path);
        return (Fifo.OpenForReader(path), Fifo.OpenForWriter(path));
    }

    private static void Write(Fifo writer, ReadOnlySpan<byte> bytes)
    {
        using var handle = new SafeFileHandle(writer.Number, ownsHandle: false);
        using var stream = new FileStream(handle, FileAccess.Write, bufferSize: 0);
        stream.Write(bytes);
    }
}
