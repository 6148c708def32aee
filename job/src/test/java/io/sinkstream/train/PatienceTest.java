package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PatienceTest {
    /** A state every third step, with these losses on the validation samples. */
    private static List<LogEntry> log(double... losses) {
        List<LogEntry> log = new ArrayList<>();
        for (double loss : losses) {
            for (int i = 1; i <= 3; i++) {
                log.add(new LogEntry(log.size() + 1, 0, 9, i == 3 ? loss : Double.NaN, 0, 0, 0));
            }
        }
        return log;
    }

    @Test
    void endsBehindSoManyStatesThatAreNoBetterThanTheBestOfAll() {
        assertThat(new Patience(2).isOver(log(5, 4, 4.5))).isFalse();
        assertThat(new Patience(2).isOver(log(5, 4, 4.5, 4.2))).isTrue();
        assertThat(new Patience(2).isOver(log(5, 4, 4.5, 3.9, 4))).isFalse();
        assertThat(new Patience(2).isOver(log(5, 4, 4, 4))).isTrue();
        assertThat(new Patience(3).isOver(log(5, 6, 7))).isFalse();
        assertThat(new Patience(1).isOver(List.of())).isFalse();
        assertThat(new Patience(1).isOver(log(Double.NaN, Double.NaN))).isFalse();
        assertThat(new Patience(0).isOver(log(1, 2, 3, 4, 5))).isFalse();
    }

    @Test
    void takesTheFirstOfTheBest() {
        assertThat(new Patience(2).best(log(5, 4, 4.5, 4))).map(LogEntry::step).contains(6);
        assertThat(new Patience(0).best(log(5, 4, 4.5))).isEmpty();
        assertThat(new Patience(2).best(log(Double.NaN))).isEmpty();
    }
}
