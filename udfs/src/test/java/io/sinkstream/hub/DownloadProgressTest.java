package io.sinkstream.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How far a download is. */
class DownloadProgressTest {
    @Test
    void bytesAndTheTimeLeftAreToldEveryFewSeconds() {
        AtomicLong clock = new AtomicLong();
        List<String> lines = new ArrayList<>();
        DownloadProgress progress = new DownloadProgress("org/m@main", 1_500_000_000, clock::get, lines::add);
        progress.found(500_000_000);
        for (int second = 1; second <= 12; second++) {
            clock.addAndGet(1_000_000_000);
            progress.came(2_000_000);
        }
        progress.end();

        assertThat(lines)
                .containsExactly(
                        "org/m@main: 510.0 of 1,500.0 MB, 8 min left",
                        "org/m@main: 520.0 of 1,500.0 MB, 8 min left",
                        "org/m@main: all 1,500.0 MB are here, 24.0 MB came");
    }
}
