package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.sinkstream.testing.Processor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With {@code --deterministic} results are the same to the last bit over any number of tasks. */
class ScoreSameBitsTest {
    @TempDir
    private Path folder;

    private static List<JsonObject> rows() {
        Random random = new Random(5);
        List<JsonObject> rows = new ArrayList<>();
        for (int stream = 0; stream < 12; stream++) {
            for (int seq = 0; seq < 8; seq++) {
                rows.add(ScoreRun.row("s" + stream, seq, "line " + seq + " of " + "x".repeat(random.nextInt(40))));
            }
        }
        for (int seq = 0; seq < 90; seq++) {
            rows.add(ScoreRun.row("t", seq, random.nextInt(1000) + " in a long stream"));
        }
        Collections.shuffle(rows, random);
        return rows;
    }

    @Test
    void bitsDoNotDependOnPartitionsChunksOrSegments() throws IOException {
        Processor.requireSameBits();
        ScoreRun run = ScoreRun.in(folder);
        Path input = run.write(rows());
        List<Row> wanted = run.score(input, "--deterministic", "--partitions", "1");
        assertThat(wanted).hasSize(186).allSatisfy(row -> assertThat(row.<String>getAs("error"))
                .isNull());
        for (String[] more : new String[][] {
            {"--partitions", "2", "--chunk-tokens", "7"},
            {"--partitions", "7", "--pass-tokens", "33"},
            {"--partitions", "2", "--split-tokens", "500"}
        }) {
            List<String> options = new ArrayList<>(List.of(more));
            options.add("--deterministic");
            assertThat(run.score(input, options.toArray(String[]::new)))
                    .as(String.join(" ", more))
                    .isEqualTo(wanted);
        }
    }
}
