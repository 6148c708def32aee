package io.sinkstream.hub;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Nobody waits, which is noted, and a disk has the room that a test gives it. */
final class NotedSurroundings implements Surroundings {
    private final List<Duration> pauses = new ArrayList<>();
    private long freeBytes = Long.MAX_VALUE;

    /** What was to be waited for, in its order. */
    List<Duration> pauses() {
        return pauses;
    }

    void freeBytes(long bytes) {
        freeBytes = bytes;
    }

    @Override
    public void pause(Duration time) {
        pauses.add(time);
    }

    @Override
    public long freeBytes(Path folder) {
        return freeBytes;
    }
}
