package io.sinkstream.hub;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** How often something is tried again that the network may have spoilt, and how long is waited in between. */
final class Retries {
    private static final int MOST_FAILURES = 6;

    /** Whoever gets as far between two failures is not stuck. */
    private static final long STEP_BYTES = 1 << 20;

    /** Who is asked to wait longer does better to begin again later. */
    static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final String what;
    private final String advice;
    private final Surroundings surroundings;
    private int failures;

    /** Of a download. */
    Retries(String what, Surroundings surroundings) {
        this(what, "begin again later: what came is kept", surroundings);
    }

    /**
     * @param what is tried, as the message of its end starts
     * @param advice how it ends
     */
    Retries(String what, String advice, Surroundings surroundings) {
        this.what = what;
        this.advice = advice;
        this.surroundings = surroundings;
    }

    /** One request. */
    interface Request<T> {
        T send() throws IOException, InterruptedException;
    }

    /** What the request gives when it is not spoilt. */
    <T> T send(Request<T> request) throws InterruptedException {
        while (true) {
            try {
                return request.send();
            } catch (IOException e) {
                after(e, 0);
            }
        }
    }

    /**
     * Waits after a failure.
     *
     * @param bytes what came since the last one
     * @throws UserException if there were too many, or the hub asks for too long a wait
     */
    void after(IOException failure, long bytes) throws InterruptedException {
        failures = bytes >= STEP_BYTES ? 1 : failures + 1;
        Optional<Duration> asked = failure instanceof BusyException busy ? busy.pause() : Optional.empty();
        if (failures == MOST_FAILURES) {
            throw new UserException(what + ": " + reason(failure) + ", " + failures + " times; " + advice, failure);
        }
        if (asked.isPresent() && asked.get().compareTo(LONGEST_PAUSE) > 0) {
            throw new UserException(
                    what + ": " + reason(failure) + " and asks to wait "
                            + asked.get().toSeconds() + " s; begin again then: what came is kept",
                    failure);
        }
        surroundings.pause(asked.orElse(Duration.ofSeconds(1L << (failures - 1))));
    }

    private static String reason(IOException failure) {
        if (failure instanceof BusyException) {
            return failure.getMessage();
        }
        String message = failure.getMessage();
        String kind = failure.getClass().getSimpleName();
        return message == null ? kind : kind + " (" + message.replaceAll("[^\\x20-\\x7e]+", " ") + ")";
    }
}
