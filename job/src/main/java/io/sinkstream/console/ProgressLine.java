package io.sinkstream.console;

import java.io.PrintWriter;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import picocli.CommandLine;

/** What is told of a run while it goes on: on a terminal in one line that changes, else in a line every ten seconds. */
final class ProgressLine implements AutoCloseable {
    private final PrintWriter err;
    private final Supplier<String> line;
    private final boolean isTerminal = CommandLine.Help.Ansi.AUTO.enabled();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "progress");
        thread.setDaemon(true);
        return thread;
    });

    private String told = "";

    private ProgressLine(PrintWriter err, Supplier<String> line) {
        this.err = err;
        this.line = line;
    }

    /** Starts to tell what {@code line} says at the time. */
    static ProgressLine start(PrintWriter err, Supplier<String> line) {
        ProgressLine progress = new ProgressLine(err, line);
        long seconds = progress.isTerminal ? 1 : 10;
        var unused =
                progress.clock.scheduleAtFixedRate(() -> progress.tell(line.get()), seconds, seconds, TimeUnit.SECONDS);
        return progress;
    }

    /** Tells it for the last time, with {@code more} behind it. */
    void end(String more) {
        clock.shutdown();
        tell(line.get() + more);
        if (isTerminal) {
            err.println();
            err.flush();
        }
    }

    private synchronized void tell(String now) {
        // Whoever reads a file of it needs no line twice.
        if (!now.equals(told)) {
            told = now;
            if (isTerminal) {
                err.print("\r\u001b[K" + now);
            } else {
                err.println(now);
            }
            err.flush();
        }
    }

    @Override
    public void close() {
        clock.shutdownNow();
    }
}
