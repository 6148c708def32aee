package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import io.sinkstream.harness.BatchScores;
import io.sinkstream.harness.Command;
import io.sinkstream.harness.GrowingFolder;
import io.sinkstream.harness.Streams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A model, rows, a checkpoint and states on an HDFS of this JVM: a name node and a data node, which are Hadoop's own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HdfsTest {
    private static final int WINDOW = 28;

    private Path folder;
    private MiniDFSCluster cluster;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        this.folder = folder;
        Configuration configuration = new Configuration();
        configuration.set(
                MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("hdfs").toString());
        cluster = new MiniDFSCluster.Builder(configuration)
                .numDataNodes(1)
                .format(true)
                .build();
    }

    @AfterAll
    void stop() {
        cluster.shutdown();
    }

    private String there(String name) {
        return cluster.getURI() + "/" + name;
    }

    private void copy(Path from, String to) throws IOException {
        FileSystem files = cluster.getFileSystem();
        files.copyFromLocalFile(new org.apache.hadoop.fs.Path(from.toUri()), new org.apache.hadoop.fs.Path(there(to)));
    }

    private Command stream(String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", there("model"));
        options.put("--attention-sink-window-size", "" + WINDOW);
        options.put("--format", "json");
        options.put("--input", there("in"));
        options.put("--schema", "key STRING, seq BIGINT, text STRING");
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--output", there("scored"));
        options.put("--checkpoint", there("checkpoint"));
        options.put("--trigger", "available-now");
        return Command.run(List.of("stream", "score"), options, more);
    }

    @Test
    void aStreamGoesOnThereAndGivesWhatTheBatchDoes() throws IOException {
        Path model = Streams.model(folder.resolve("model"));
        copy(model, "model");
        List<JsonObject> rows = GrowingFolder.rows(3, 8);
        Path in = folder.resolve("in");
        GrowingFolder input = new GrowingFolder(in).add(rows.subList(0, 12), 12);
        copy(in, "in");
        stream().succeeded();
        input.add(rows.subList(12, 24), 12);
        copy(in.resolve("rows-00001.json"), "in/rows-00001.json");
        stream().succeeded();

        BatchScores.assertSame(
                Command.spark()
                        .read()
                        .parquet(there("scored"))
                        .sort("key", "seq")
                        .collectAsList(),
                BatchScores.of(model, WINDOW, rows, folder));
        assertThat(Command.run("state", "--checkpoint", there("checkpoint"), "--output", there("states"))
                        .succeeded()
                        .out())
                .contains("Written to hdfs://");
        assertThat(stream("--order", "text").refusal()).startsWith("sinkstream stream score: --order: ");
    }
}
