package io.sinkstream.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory this process has. */
public final class ResidentMemory {
    private static final int PAGE_BYTES = 4096;

    private ResidentMemory() {}

    /** Resident bytes, as the kernel counts them; 0 where there is no /proc. */
    public static long bytes() {
        try {
            // The second field, in pages.
            String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ", -1);
            return Long.parseLong(pages[1]) * PAGE_BYTES;
        } catch (IOException e) {
            return 0;
        }
    }
}
