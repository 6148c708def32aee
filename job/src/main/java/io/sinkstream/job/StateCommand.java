package io.sinkstream.job;

import io.sinkstream.console.TextTable;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.state.CheckpointStates;
import io.sinkstream.tables.DistinctPaths;
import io.sinkstream.tables.OutputFolder;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** {@code state}: what a checkpoint of {@code stream} holds of its streams. */
final class StateCommand extends SettingsCommand {
    private static final int LONGEST = 10;
    private static final int LAST_TOKENS = 64;

    @Override
    List<Setting<?>> settings() {
        return List.of(
                StreamSettings.CHECKPOINT,
                StreamSettings.STREAM,
                StreamSettings.DELETE,
                Settings.OUTPUT,
                Settings.OVERWRITE);
    }

    @Override
    List<String> description() {
        return List.of(
                "Shows what the checkpoint of stream score or stream generate holds of its streams, deletes a stream, or"
                        + " writes all states, for another checkpoint to begin with. The query may be running.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  All streams, summed up:",
                "    state --checkpoint /data/logs.checkpoint",
                "  One of them, and then no longer:",
                "    state --checkpoint /data/logs.checkpoint --stream host-17",
                "    state --checkpoint /data/logs.checkpoint --stream host-17 --delete",
                "  Over to another window, model or number of partitions:",
                "    state --checkpoint old --output states",
                "    stream score --checkpoint new --initial-state states --attention-sink-window-size 2044 ...");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        String checkpoint = values.require(StreamSettings.CHECKPOINT);
        Optional<String> stream = values.find(StreamSettings.STREAM);
        Optional<String> output = values.find(Settings.OUTPUT);
        boolean delete = values.require(StreamSettings.DELETE);
        if (delete && stream.isEmpty()) {
            throw new UserException(
                    StreamSettings.STREAM + " is missing: " + StreamSettings.DELETE + " forgets one stream");
        }
        if (stream.isPresent() && output.isPresent()) {
            throw new UserException(
                    Settings.OUTPUT + " writes all streams, not one: leave " + StreamSettings.STREAM + " out");
        }
        try (Session session = Session.open("sinkstream state")) {
            SparkSession spark = session.spark();
            if (output.isPresent()) {
                Configuration conf = spark.sparkContext().hadoopConfiguration();
                new DistinctPaths(conf)
                        .with(StreamSettings.CHECKPOINT, checkpoint)
                        .with(Settings.OUTPUT, output.get());
                OutputFolder.check(
                        conf,
                        Settings.OUTPUT,
                        output.get(),
                        values.require(Settings.OVERWRITE) ? SaveMode.Overwrite : SaveMode.ErrorIfExists);
                CheckpointStates.saved(spark, checkpoint)
                        .write()
                        .mode(SaveMode.Overwrite)
                        .parquet(output.get());
                out.println("Written to " + output.get());
            } else if (stream.isPresent()) {
                one(spark, checkpoint, stream.get(), delete, out);
            } else {
                all(spark, checkpoint, out);
            }
            out.flush();
        }
    }

    private static void one(SparkSession spark, String checkpoint, String key, boolean delete, PrintWriter out) {
        List<Row> found = CheckpointStates.read(spark, checkpoint, key).collectAsList();
        if (found.isEmpty()) {
            throw new UserException(StreamSettings.STREAM + ": the checkpoint " + checkpoint + " has no stream " + key);
        }
        if (delete) {
            CheckpointStates.delete(spark, checkpoint, key);
            out.println("The stream " + key + " is forgotten with the query's next micro-batch.");
            return;
        }
        Row row = found.get(0);
        long predicted = row.getAs("predicted");
        List<Integer> history = row.getList(row.fieldIndex("history"));
        TextTable.print(
                out,
                List.of("", ""),
                List.of(
                        List.of("stream", TextTable.printable(key)),
                        List.of("tokens", TextTable.count(row.getAs("stream_tokens"))),
                        List.of("perplexity", TextTable.number(Math.exp(row.<Double>getAs("nll") / predicted))),
                        List.of("last row", lastSeen(row.getAs("last_seen"))),
                        List.of("sinks", tokens(row.getList(row.fieldIndex("sinks")))),
                        List.of("history", TextTable.count(history.size()) + " tokens"),
                        List.of(
                                "its last",
                                tokens(history.subList(Math.max(0, history.size() - LAST_TOKENS), history.size()))),
                        List.of("bytes", TextTable.count(row.getAs("state_bytes")))));
    }

    private static String lastSeen(long millis) {
        return millis == 0
                ? "not kept without " + StreamSettings.IDLE
                : Instant.ofEpochMilli(millis).toString();
    }

    private static String tokens(List<Integer> ids) {
        return ids.stream().map(String::valueOf).collect(Collectors.joining(" "));
    }

    private static void all(SparkSession spark, String checkpoint, PrintWriter out) {
        out.println(CheckpointStates.describe(spark, checkpoint));
        out.println();
        Dataset<Row> states = CheckpointStates.read(spark, checkpoint).drop("sinks", "history", "state");
        List<List<String>> longest = new ArrayList<>();
        for (Row row : states.orderBy(functions.col("stream_tokens").desc(), functions.col("key"))
                .limit(LONGEST)
                .collectAsList()) {
            longest.add(List.of(
                    TextTable.printable(row.getAs("key")),
                    TextTable.count(row.getAs("stream_tokens")),
                    TextTable.number(Math.exp(row.<Double>getAs("nll") / row.<Long>getAs("predicted"))),
                    TextTable.count(row.getAs("state_bytes"))));
        }
        out.println("Longest streams");
        TextTable.print(out, List.of("key", ">tokens", ">perplexity", ">bytes"), longest);
        Row sums = states.agg(
                        functions.count(functions.lit(1)),
                        functions.coalesce(functions.sum("stream_tokens"), functions.lit(0L)),
                        functions.coalesce(functions.sum("state_bytes"), functions.lit(0L)))
                .first();
        out.println("Totals");
        TextTable.print(
                out,
                List.of("", ">"),
                List.of(
                        List.of("streams", TextTable.count(sums.getLong(0))),
                        List.of("tokens", TextTable.count(sums.getLong(1))),
                        List.of("bytes of state", TextTable.count(sums.getLong(2)))));
    }
}
