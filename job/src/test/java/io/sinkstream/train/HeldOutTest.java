package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.batch.StreamColumns;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.testing.TestSession;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.util.LongAccumulator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HeldOutTest {
    @TempDir
    private Path folder;

    private static LongAccumulator counter() {
        return TestSession.get().sparkContext().longAccumulator();
    }

    @Test
    void idsOfAKeyStandInItsOrder() {
        Dataset<Row> rows = TestSession.get()
                .sql(
                        """
                SELECT * FROM VALUES
                    ('b', 2, array(5, 6)), ('a', 1, array(1)), ('b', 1, array(3, 4)), ('b', 3, array(17)),
                    ('a', null, array(2)), (null, 1, array(2)), ('a', 2, array(16, 0)), ('a', 3, array(-1))
                AS t(key, seq, ids)
                """);
        LongAccumulator skipped = counter();

        List<int[]> streams = HeldOut.streams(
                rows,
                new TrainingText(new StreamColumns("key", "seq", null, "ids"), "\n", 100),
                Optional.empty(),
                17,
                2,
                skipped);

        assertThat(streams.stream().filter(ids -> ids.length > 0))
                .containsExactly(new int[] {1, 16, 0}, new int[] {3, 4, 5, 6});
        assertThat(skipped.value()).isEqualTo(4);
    }

    @Test
    void textsAreEncodedWithTheirSeparator() throws Exception {
        Dataset<Row> rows = TestSession.get()
                .sql(
                        """
                SELECT * FROM VALUES ('k', 2, 'two'), ('k', 1, 'one 1'), ('k', 3, 'much too long for a row')
                AS t(key, seq, text)
                """);
        BpeTokenizer tokenizer = BpeTrainer.train(SampleText.counts(), 300, List.of());
        LongAccumulator skipped = counter();

        List<int[]> streams = HeldOut.streams(
                rows,
                new TrainingText(new StreamColumns("key", "seq", null, null), "|\n", 10),
                Optional.of(tokenizer.tokenizerJson()),
                300,
                2,
                skipped);

        assertThat(streams).hasSize(1);
        Path file = Files.writeString(folder.resolve("tokenizer.json"), tokenizer.tokenizerJson());
        try (TextTokenizer encoder = TextTokenizer.open(file)) {
            assertThat(encoder.decode(streams.get(0))).isEqualTo("one 1|\ntwo|\n");
        }
        assertThat(skipped.value()).isEqualTo(1);
    }
}
