package io.sinkstream.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.benchmark.SpeedRow.Rate;
import io.sinkstream.benchmark.SpeedRow.Shares;
import io.sinkstream.benchmark.SpeedRow.Work;
import io.sinkstream.settings.TableFormat;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rates beside those of an earlier run: what counts as slower, and what can't be compared. */
class SpeedBaselineTest {
    private static final SpeedPlace HERE = new SpeedPlace("0af3", "Some Processor", 2);

    @TempDir
    private Path folder;

    private static SpeedRow row(Work work, int chunk, double median, double deviation) {
        return row(work, chunk, new Rate(median, median, deviation, 5), HERE);
    }

    private static SpeedRow row(Work work, int chunk, Rate rate, SpeedPlace place) {
        return new SpeedRow(
                work, "int8", 1, chunk, 32, rate, Shares.UNKNOWN, 0, Double.NaN, Double.NaN, Double.NaN, place);
    }

    private String written(SpeedRow... rows) throws IOException {
        return Files.write(folder.resolve("before.csv"), SpeedTable.lines(List.of(rows), TableFormat.CSV))
                .toString();
    }

    @Test
    void slowerIsWhatLostMoreThanTheSpreadOfBoth() throws IOException {
        String file = written(row(Work.SCORE, 16, 100, 3), row(Work.SCORE, 64, 100, 3), row(Work.MATMUL, 16, 100, 3));

        // Twice the root of 3 x 3 + 4 x 4.
        SpeedBaseline.Comparison found = SpeedBaseline.read(file, HERE)
                .compare(List.of(
                        row(Work.SCORE, 16, 90.1, 4),
                        row(Work.SCORE, 64, 89.9, 4),
                        row(Work.MATMUL, 16, 50, 4),
                        row(Work.DECODE, 1, 10, 1)));

        assertThat(found.compared()).isEqualTo(3);
        assertThat(found.slower()).isEqualTo(1);
        assertThat(found.lines()).hasSize(4);
        assertThat(found.lines().get(0)).endsWith("100.0 ->       90.1 tokens/s, -9.9%, spread 10.0%");
        assertThat(found.lines().get(1)).endsWith("100.0 ->       89.9 tokens/s, -10.1%, spread 10.0%: slower");
        assertThat(found.lines().get(2)).endsWith(": slower");
        assertThat(found.lines().get(3)).endsWith("not in the baseline");
    }

    @Test
    void ofTheSameMachineModelAndThreadsOnly() throws IOException {
        String file = written(row(Work.SCORE, 16, 100, 3));

        refused(file, new SpeedPlace("ffff", "Some Processor", 2), "line 2: model is \"0af3\", and here \"ffff\"");
        refused(file, new SpeedPlace("0af3", "Other", 2), "processor is \"Some Processor\", and here \"Other\"");
        refused(file, new SpeedPlace("0af3", "Some Processor", 8), "threads is \"2\", and here \"8\"");
    }

    @Test
    void whatHasNoSpreadOrNoNumbersIsRefused() throws IOException {
        refused(written(row(Work.SCORE, 16, new Rate(100, 100, 0, 1), HERE)), HERE, "was measured once");
        String file = written(row(Work.SCORE, 16, 100, 3));
        Files.writeString(Path.of(file), Files.readString(Path.of(file)).replace("100.0,", "fast,"));
        refused(file, HERE, "is \"fast\"; expected a number");
        Files.writeString(Path.of(file), SpeedTable.header() + "\n1,2\n");
        refused(file, HERE, "line 2 has 2 cells; expected 19");
        refused(folder.resolve("none.csv").toString(), HERE, "is no text file that can be read here");
    }

    private static void refused(String file, SpeedPlace here, String why) {
        assertThatThrownBy(() -> SpeedBaseline.read(file, here))
                .isExactlyInstanceOf(UserException.class)
                .hasMessageStartingWith("--baseline: " + file)
                .hasMessageContaining(why);
    }

    @Test
    void thisPlaceHasAProcessorWithoutCommas() {
        SpeedPlace here = SpeedPlace.here("0123456789abcdef0123");
        assertThat(here.model()).isEqualTo("0123456789abcdef");
        assertThat(here.processor()).isNotBlank().doesNotContain(",", "\"");
        assertThat(here.threads()).isPositive();
    }
}
