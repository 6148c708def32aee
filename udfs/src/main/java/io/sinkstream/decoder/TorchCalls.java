package io.sinkstream.decoder;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Calls of libtorch that take a while. The JVM does not end beside one: what libtorch takes down when a process ends it takes
 * from under such a call, and where somebody pressed Ctrl-C or a cluster ended an executor, the last word would be the report
 * of a crash.
 */
public final class TorchCalls {
    /** For the calls at hand; what takes longer is no pass but a hang. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final ReentrantReadWriteLock CALLS = new ReentrantReadWriteLock();

    private static volatile boolean isOver;

    static {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(TorchCalls::end, "sinkstream-torch-calls"));
        } catch (IllegalStateException e) {
            // It is ending already.
            isOver = true;
        }
    }

    private TorchCalls() {}

    /**
     * Makes a call.
     *
     * @throws CancellationException if the JVM is ending
     */
    public static <T> T run(Supplier<T> call) {
        Lock lock = CALLS.readLock();
        if (isOver || !lock.tryLock()) {
            throw new CancellationException("the JVM ends");
        }
        try {
            return call.get();
        } finally {
            lock.unlock();
        }
    }

    /** Lets no call begin, and waits for those that have. */
    private static void end() {
        isOver = true;
        try {
            // Never given back.
            var unused = CALLS.writeLock().tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
