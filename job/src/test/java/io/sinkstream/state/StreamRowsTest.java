package io.sinkstream.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** With all histories of a partition at once, 4,000 streams of 12,240 tokens took a gigabyte. */
class StreamRowsTest {
    private final List<String> read = new ArrayList<>();

    private StreamRows rows(Predicate<String> asked) {
        return new StreamRows(
                IntStream.range(0, 1_000)
                        .mapToObj(i -> Map.entry("k" + i, StreamHead.empty()))
                        .iterator(),
                asked,
                (key, head) -> {
                    read.add(key);
                    return new int[] {1, 2, 3};
                },
                7);
    }

    @Test
    void aHistoryIsReadWhenItsRowIsAskedFor() {
        StreamRows rows = rows(key -> true);

        assertThat(rows.hasNext()).isTrue();
        assertThat(read).isEmpty();
        assertThat(rows.next().getString(0)).isEqualTo("k0");
        assertThat((Integer[]) rows.next().get(6)).containsExactly(1, 2, 3);
        assertThat(read).containsExactly("k0", "k1");
    }

    @Test
    void ofOneStreamOneHistoryIsRead() {
        StreamRows rows = rows("k700"::equals);

        assertThat(rows.next().getString(0)).isEqualTo("k700");
        assertThat(rows.hasNext()).isFalse();
        assertThat(read).containsExactly("k700");
    }
}
