package io.sinkstream.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** The hub can't answer now. */
final class BusyException extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Optional<Duration> pause;

    /** @param pause how long the hub asks to wait */
    BusyException(int status, Optional<Duration> pause) {
        super("it answers " + status);
        this.pause = pause;
    }

    Optional<Duration> pause() {
        return pause;
    }
}
