package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WordCounterTest {
    private final WordCounter counter = new WordCounter();

    @Test
    void everyWordIsCountedAsOftenAsItsText() {
        counter.add("to be or not to be");
        counter.add("to be", 5_000_000_000L);
        counter.add("");

        assertThat(counter.counts())
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("to", 5_000_000_001L, " be", 5_000_000_002L, " or", 1L, " not", 1L, " to", 1L));
    }

    @Test
    void partsAddUp() {
        List<String> lines = SampleText.lines();
        for (List<String> part : List.of(lines.subList(0, 100), lines.subList(100, lines.size()))) {
            WordCounter other = new WordCounter();
            part.forEach(other::add);
            counter.addCounts(other.counts());
        }

        assertThat(counter.counts()).isEqualTo(SampleText.counts());
    }

    @Test
    void theCountsAreTheCallersOwnAndCanBeSent() throws IOException, ClassNotFoundException {
        counter.add("to be");
        Map<String, Long> counts = counter.counts();
        counter.add("or not");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(counts);
        }

        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            assertThat(in.readObject()).isEqualTo(Map.of("to", 1L, " be", 1L));
        }
    }

    @Test
    void aCountBelowOneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> counter.add("to be", 0))
                .withMessage("a count of 0; expected at least 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> counter.addCounts(Map.of("to", -1L)))
                .withMessage("a count of -1; expected at least 1");
    }
}
