package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.batch.StreamColumns;
import io.sinkstream.harness.Streams;
import io.sinkstream.settings.Packing;
import io.sinkstream.testing.TestSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PackedSamplesTest {
    private static final int NONE = -1;
    private static final int SINK = 99;

    /** Samples of three tokens, of streams of eight and six in one partition. */
    private static List<List<Integer>> samples(Packing packing, int sink) {
        Dataset<Row> rows = TestSession.get()
                .sql(
                        """
                SELECT * FROM VALUES
                    ('a', 1, array(10, 11)), ('a', 2, array(12, 13, 14, 15, 16)), ('a', 3, array(17)),
                    ('b', 1, array(20, 21, 22, 23)), ('b', 2, array(24, 25)), (null, 1, array(30, 31, 32, 33))
                AS t(key, seq, ids)
                """);
        LongAccumulator skipped = TestSession.get().sparkContext().longAccumulator();
        TrainingText text = new TrainingText(new StreamColumns("key", "seq", null, "ids"), "\n", 100);
        List<List<Integer>> samples =
                PackedSamples.of(rows, text, packing, null, 100, 3, sink, 1, skipped)
                        .orderBy("number")
                        .collectAsList()
                        .stream()
                        .map(row -> row.<Integer>getList(1))
                        .toList();
        assertThat(skipped.value()).isEqualTo(1);
        return samples;
    }

    @Test
    void eachTokenOfAllStreamsIsPredictedOnce() {
        assertThat(samples(Packing.ACROSS, NONE))
                .containsExactly(
                        List.of(10, 11, 12, 13),
                        List.of(13, 14, 15, 16),
                        List.of(16, 17, 20, 21),
                        List.of(21, 22, 23, 24));
    }

    /** Four bytes each, and two of Java's characters. */
    @Test
    void aTextIsMeasuredInBytes(@TempDir Path folder) throws IOException {
        String json = Files.readString(Streams.model(folder.resolve("model")).resolve("tokenizer.json"));
        Dataset<Row> rows =
                TestSession.get().sql("SELECT 'a' AS key, id AS seq, repeat('🫖', 10) AS text FROM range(3)");
        StreamColumns columns = new StreamColumns("key", "seq", null, null);
        for (int[] limitAndSkipped : new int[][] {{40, 3}, {41, 0}}) {
            LongAccumulator skipped = TestSession.get().sparkContext().longAccumulator();
            TrainingText text = new TrainingText(columns, "\n", limitAndSkipped[0]);

            var unused = PackedSamples.of(rows, text, Packing.ACROSS, json, 300, 3, NONE, 1, skipped)
                    .collectAsList();

            assertThat(skipped.value()).isEqualTo(limitAndSkipped[1]);
        }
    }

    @Test
    void aSinkStandsInFrontOfEachSample() {
        assertThat(samples(Packing.ACROSS, SINK))
                .containsExactly(
                        List.of(SINK, 10, 11, 12),
                        List.of(SINK, 13, 14, 15),
                        List.of(SINK, 16, 17, 20),
                        List.of(SINK, 21, 22, 23));
    }

    @Test
    void noSamplePredictsTheFirstTokenOfAStreamWhereNoneGoesAcross() {
        assertThat(samples(Packing.WITHIN, NONE))
                .containsExactly(List.of(10, 11, 12, 13), List.of(13, 14, 15, 16), List.of(20, 21, 22, 23));
        assertThat(samples(Packing.WITHIN, SINK))
                .containsExactly(
                        List.of(SINK, 10, 11, 12),
                        List.of(SINK, 13, 14, 15),
                        List.of(SINK, 20, 21, 22),
                        List.of(SINK, 23, 24, 25));
    }
}
