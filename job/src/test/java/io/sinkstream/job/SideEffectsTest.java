package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.sinkstream.harness.BatchScores;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.Streams;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerEvent;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.serializer.KryoSerializer;
import org.apache.spark.serializer.Serializer;
import org.apache.spark.serializer.SerializerInstance;
import org.apache.spark.util.JsonProtocol;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run does beside its results, and what others' settings do to it. */
class SideEffectsTest {
    private static final int WINDOW = 28;
    private static final String SPILL = "spark.shuffle.spill.numElementsForceSpillThreshold";

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
    }

    private Map<String, String> options(Path input) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--format", "json");
        options.put("--input", input.toString());
        options.put("--schema", "key STRING, seq BIGINT, text STRING");
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--output", folder + "/scored");
        return options;
    }

    /** As event logs have them, and what Spark's UI is made from. */
    @Test
    void noRowsTextIsInSparksEvents() throws Exception {
        Path input = new GrowingFolder(folder.resolve("in"))
                .add(GrowingFolder.rows(2, 3), 6)
                .path();
        ConcurrentLinkedQueue<String> events = new ConcurrentLinkedQueue<>();
        SparkListener listener = new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd event) {
                add(event);
            }

            @Override
            public void onStageCompleted(SparkListenerStageCompleted event) {
                add(event);
            }

            private void add(SparkListenerEvent event) {
                events.add(JsonProtocol.sparkEventToJsonString(event));
            }
        };
        Command.spark().sparkContext().addSparkListener(listener);
        try {
            Command.run(List.of("score"), options(input)).succeeded();
            Command.spark().sparkContext().listenerBus().waitUntilEmpty();
        } finally {
            Command.spark().sparkContext().removeSparkListener(listener);
        }

        assertThat(events).isNotEmpty().noneMatch(event -> event.contains(" of 0") || event.contains(" of 1"));
    }

    /** As where {@code spark.serializer} says so, but for results of tasks, whose readers have the session's other one already. */
    private static final class KryoForSorters extends Serializer {
        @Override
        public SerializerInstance newInstance() {
            SparkConf conf = new SparkConf(false);
            boolean isSorter = StackWalker.getInstance()
                    .walk(frames ->
                            frames.anyMatch(frame -> frame.getClassName().endsWith(".ExternalSorter")));
            return isSorter ? new KryoSerializer(conf).newInstance() : new JavaSerializer(conf).newInstance();
        }
    }

    @Test
    void sortedRowsAreSpilledWhateverSparksSerializerIs() throws Exception {
        List<JsonObject> rows = GrowingFolder.rows(5, 20);
        Path input = new GrowingFolder(folder.resolve("in")).add(rows, 100).path();
        Map<String, String> options = options(input);
        options.put("--checkpoint", folder + "/checkpoint");
        options.put("--trigger", "available-now");
        options.put("--partitions", "1");
        Command.spark();
        SparkEnv env = SparkEnv.get();
        Field serializer = SparkEnv.class.getDeclaredField("serializer");
        serializer.setAccessible(true);
        Object before = serializer.get(env);
        serializer.set(env, new KryoForSorters());
        // Far fewer than the rows of the micro-batch.
        env.conf().set(SPILL, "7");
        try {
            Command.run(List.of("stream", "score"), options).succeeded();
        } finally {
            env.conf().remove(SPILL);
            serializer.set(env, before);
        }

        BatchScores.assertSame(
                Command.spark()
                        .read()
                        .parquet(folder + "/scored")
                        .sort("key", "seq")
                        .collectAsList(),
                BatchScores.of(model, WINDOW, rows, folder));
    }
}
