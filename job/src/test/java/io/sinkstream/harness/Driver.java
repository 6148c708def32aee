package io.sinkstream.harness;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** One sinkstream command under SparkSubmit, while it runs and after. {@link #close} kills it if it still runs. */
public final class Driver implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

    private final InstalledSpark spark;
    private final String name;
    private final Process process;

    Driver(InstalledSpark spark, String name, Process process) {
        this.spark = spark;
        this.name = name;
        this.process = process;
    }

    /** What a driver left that ended by itself or was asked to. */
    public record Ended(int exitCode, String stdout, String stderr) {
        /** What was said, without what was logged: the lines that no time stamp begins. */
        public List<String> said() {
            return stderr.lines()
                    .filter(line -> !line.isBlank() && !line.matches("\\d\\d:\\d\\d:\\d\\d [A-Z]+ .*"))
                    .toList();
        }
    }

    /** All that it wrote to standard error so far. */
    String stderr() {
        return spark.said(name, "err");
    }

    /** Waits until something is so, looking again and again. It has to become so while the driver runs. */
    public void until(String what, BooleanSupplier isSo) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isSo.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "not within " + PATIENCE + ": " + what + "; " + name + " said:\n" + stderr());
            }
            if (process.waitFor(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(name + " ended with " + process.exitValue() + " before this was so: "
                        + what + "; it said:\n" + stderr());
            }
        }
    }

    /** Lets it run for a while, which it has to survive. */
    public void run(Duration time) throws InterruptedException {
        if (process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException(name + " ended with " + process.exitValue() + "; it said:\n" + stderr());
        }
    }

    /** Waits until it ends by itself, which is soon. */
    public Ended await() throws InterruptedException {
        return await(PATIENCE);
    }

    /** Waits until it ends by itself, which takes no longer than this. */
    public Ended await(Duration patience) throws InterruptedException {
        if (!process.waitFor(patience.toSeconds(), TimeUnit.SECONDS)) {
            String said = stderr();
            kill();
            throw new IllegalStateException(name + " did not end within " + patience + "; it said:\n" + said);
        }
        spark.deleteLocal(name);
        return new Ended(process.exitValue(), spark.said(name, "out"), stderr());
    }

    /** Asks it to end (SIGTERM), as a user or a container's end does, and waits until it has. */
    public Ended terminate() throws InterruptedException {
        process.destroy();
        return await();
    }

    /** Ends it with no chance to say or write anything (SIGKILL). */
    public void kill() {
        process.destroyForcibly();
        process.onExit().join();
        spark.deleteLocal(name);
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }
}
