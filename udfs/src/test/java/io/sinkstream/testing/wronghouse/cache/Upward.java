package io.sinkstream.testing.wronghouse.cache;

import io.sinkstream.testing.wronghouse.stream.StreamManager;

/** Looks up the stairs, against the arrow. */
final class Upward {
    private final StreamManager seen = new StreamManager();

    @Override
    public String toString() {
        return seen.toString();
    }
}
