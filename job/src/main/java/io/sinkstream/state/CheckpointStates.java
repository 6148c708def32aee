package io.sinkstream.state;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.streaming.CommitLog;
import org.apache.spark.sql.execution.streaming.CommitMetadata;
import org.apache.spark.sql.functions;
import org.apache.spark.util.TaskCompletionListener;
import scala.Option;
import scala.Tuple2;

/** The states in a checkpoint, seen from outside. The query that they belong to may be running. */
public final class CheckpointStates {
    private CheckpointStates() {}

    /**
     * All streams as the last committed micro-batch left them: {@code key}, {@code stream_tokens}, {@code predicted}, {@code
     * nll}, {@code last_seen} (milliseconds since 1970, 0 where nothing asks for it), {@code sinks}, {@code history}, {@code
     * state_bytes} and {@code state}.
     *
     * @throws UserException if this is no checkpoint of ours, or no micro-batch is committed yet
     */
    public static Dataset<Row> read(SparkSession spark, String checkpoint) {
        return read(spark, checkpoint, null);
    }

    /**
     * The same for one stream.
     *
     * @param key of the stream; null for all
     */
    public static Dataset<Row> read(SparkSession spark, String checkpoint, String key) {
        Configuration conf = spark.sparkContext().hadoopConfiguration();
        StreamContract contract = StreamContract.of(checkpoint, conf);
        org.apache.spark.sql.classic.SparkSession own = OwnSession.of(spark, contract.partitions());
        String root = new Path(checkpoint).toString();
        Option<Tuple2<Object, CommitMetadata>> latest = new CommitLog(own, root + "/commits").getLatest();
        if (latest.isEmpty()) {
            throw new UserException(StreamSettings.CHECKPOINT + ": " + checkpoint + " has no finished micro-batch yet");
        }
        long version = (Long) latest.get()._1() + 1;
        String[][] ids = latest.get()._2().stateUniqueIds().get().apply(0L);
        int[] buckets = Buckets.numbers(contract.partitions());
        long keep = contract.keep();
        long owner = StreamHead.owner(contract.fingerprint(), contract.sinks(), contract.window());
        String[] partitionIds =
                IntStream.range(0, ids.length).mapToObj(i -> ids[i][0]).toArray(String[]::new);
        FlatMapFunction<Integer, Row> read = partition -> {
            StoredStreams streams = new StoredStreams(
                    root,
                    partition,
                    buckets[partition],
                    version,
                    partitionIds[partition],
                    SparkHadoopUtil.get().conf());
            TaskCompletionListener close = ended -> streams.close();
            var unused = TaskContext.get().addTaskCompletionListener(close);
            return new StreamRows(
                    streams.heads(),
                    found -> key == null || key.equals(found),
                    (found, head) -> streams.history(found, head, keep),
                    owner);
        };
        List<Integer> partitions =
                IntStream.range(0, contract.partitions()).boxed().toList();
        return own.createDataset(partitions, Encoders.INT())
                .repartition(partitions.size())
                .flatMap(read, Encoders.row(StreamRows.SCHEMA));
    }

    /** The table that {@code KeyedStreams} takes as the states to begin another checkpoint with. */
    public static Dataset<Row> saved(SparkSession spark, String checkpoint) {
        StreamContract contract =
                StreamContract.of(checkpoint, spark.sparkContext().hadoopConfiguration());
        return read(spark, checkpoint)
                .select(
                        functions.col("key"),
                        functions.col("state"),
                        functions.lit(contract.fingerprint()).as("model"),
                        functions.lit(contract.tokenizer()).as("tokenizer"),
                        functions.lit(contract.sinks()).as("sinks"),
                        functions.lit(contract.window()).as("window"),
                        functions.lit(contract.orderType()).cast("string").as("order_type"));
    }

    /** Has the stream forgotten with the query's next micro-batch. */
    public static void delete(SparkSession spark, String checkpoint, String key) {
        // Throws if this is no checkpoint of ours.
        var unused = StreamContract.of(checkpoint, spark.sparkContext().hadoopConfiguration());
        StreamCommands.add(spark, checkpoint, key, StreamCommand.DELETE);
    }

    /** What the checkpoint's states were made with, for people. */
    public static String describe(SparkSession spark, String checkpoint) {
        StreamContract contract =
                StreamContract.of(checkpoint, spark.sparkContext().hadoopConfiguration());
        return contract.term(Settings.MODEL) + ", " + contract.sinks() + " sinks and a window of " + contract.window()
                + ", " + contract.partitions() + " partitions, history " + contract.term(StreamSettings.HISTORY);
    }
}
