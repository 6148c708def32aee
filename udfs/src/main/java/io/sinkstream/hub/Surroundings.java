package io.sinkstream.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** What a download meets of its machine. */
interface Surroundings {
    Surroundings REAL = new Surroundings() {
        @Override
        public void pause(Duration time) throws InterruptedException {
            Thread.sleep(time.toMillis());
        }

        @Override
        public long freeBytes(Path folder) throws IOException {
            return Files.getFileStore(folder).getUsableSpace();
        }
    };

    /** Waits. */
    void pause(Duration time) throws InterruptedException;

    /** The room on the disk that a folder lies on. */
    long freeBytes(Path folder) throws IOException;
}
