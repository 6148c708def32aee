package io.sinkstream.job;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.util.SignalUtils;

/**
 * SIGTERM while something waits for it. It is taken only so long: before and after, it ends the JVM as it does any other, or goes to
 * whoever listened first. Spark has no way to take a handler back, so one is registered, once, and asks who waits.
 */
final class EndSignal implements AutoCloseable {
    private static final Set<EndSignal> WAITING = ConcurrentHashMap.newKeySet();

    static {
        SignalUtils.register("TERM", EndSignal::take);
    }

    private volatile boolean isGiven;

    private EndSignal() {}

    /** Begins to wait, until it is closed. */
    static EndSignal await() {
        EndSignal signal = new EndSignal();
        WAITING.add(signal);
        return signal;
    }

    /** Tells all who wait; whether there are any. */
    static boolean take() {
        boolean isTaken = false;
        for (EndSignal waiting : WAITING) {
            waiting.isGiven = true;
            isTaken = true;
        }
        return isTaken;
    }

    /** Whether it has come. */
    boolean isGiven() {
        return isGiven;
    }

    @Override
    public void close() {
        WAITING.remove(this);
    }
}
