package io.sinkstream.streaming;

import io.sinkstream.batch.ClusterSettings;
import io.sinkstream.batch.KeyedInput;
import io.sinkstream.batch.ResultSchema;
import io.sinkstream.batch.RowLayout;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.state.Buckets;
import io.sinkstream.state.OwnSession;
import io.sinkstream.state.SavedStates;
import io.sinkstream.state.StreamCommands;
import io.sinkstream.state.StreamContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.execution.streaming.FileSystemBasedCheckpointFileManager;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.streaming.TimeMode;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.types.TimestampType;

/**
 * Scores or continues keyed streams that never end, each row once and each stream where it left off, through crashes.
 *
 * <p>A stream's rows go by the order column within a micro-batch; across micro-batches a row at or below the stream's last
 * order is late. The numbers do not depend on how rows are cut into micro-batches, nor on the number of partitions.
 */
public final class KeyedStreams {
    private static final String HELPER = "__sinkstream_";
    private static final int LEAST_PARTITIONS_ON_A_CLUSTER = 8;
    private static final String FILE_MANAGER = "spark.sql.streaming.checkpointFileManagerClass";

    private KeyedStreams() {}

    /**
     * Adds the result columns to a streaming table's: those of scoring or of continuations, as {@code options} say. The table
     * that comes out has a session of its own, a copy of the input's with what the state needs of Spark: nothing is set in the
     * input's session. The query is among that session's: {@code table.sparkSession().streams()}.
     *
     * @throws UserException if the model, the columns or the options do not fit, before a query starts
     */
    public static Dataset<Row> apply(Dataset<Row> input, StreamOptions options) {
        StreamOptions settled = options.withPartitions(partitions(input.sparkSession(), options));
        return added(OwnSession.of(input, settled.keyed().partitions()), settled, null, null, null);
    }

    /**
     * The same for a query that keeps itself in {@code checkpoint}, if that is not null: begins it, or goes on with it. Only so
     * a query is refused whose states were made with another model or another key, and only so streams can be begun, shown and
     * deleted from outside.
     *
     * @throws UserException if the checkpoint was begun with anything else that its states depend on
     */
    public static Dataset<Row> apply(Dataset<Row> input, StreamOptions options, String checkpoint) {
        return checkpoint == null ? apply(input, options) : apply(input, options, checkpoint, null);
    }

    /**
     * The same for a query that may begin with states from elsewhere.
     *
     * @param initial states to begin with, of {@code score --save-state} or another checkpoint; null for none
     * @throws UserException if the checkpoint was begun with anything else that its states depend on
     */
    public static Dataset<Row> apply(
            Dataset<Row> input, StreamOptions options, String checkpoint, Dataset<Row> initial) {
        Configuration conf = input.sparkSession().sparkContext().hadoopConfiguration();
        options.keyed().describe();
        if (initial != null) {
            StreamContract.requireNew(checkpoint, conf);
        }
        boolean isBegun = StreamContract.isBegun(checkpoint, conf);
        StreamOptions agreed =
                CheckpointTerms.agree(checkpoint, options, partitions(input.sparkSession(), options), input, conf);
        Dataset<Row> own = OwnSession.of(input, agreed.keyed().partitions());
        SparkSession spark = own.sparkSession();
        MicroBatchFiles.watch(spark);
        startNoProcesses(spark, checkpoint);
        if (!isBegun) {
            // What does not fit must not leave a checkpoint behind.
            var unused = added(own, agreed, checkpoint, null, null);
            StreamContract contract = CheckpointTerms.of(checkpoint, agreed, input, conf);
            Dataset<Row> states = initial == null
                    ? null
                    : SavedStates.commands(initial, agreed.keyed().model().options(), contract);
            StreamCommands.begin(spark, checkpoint);
            if (states != null) {
                StreamCommands.add(states, checkpoint);
            }
            contract.begin(checkpoint, conf);
        }
        boolean isByClock = agreed.idle() != null && agreed.eventTime() == null;
        Idleness idleness = isBegun && isByClock
                ? Idleness.resumed(spark, checkpoint, agreed.idle(), System.currentTimeMillis())
                : null;
        return added(own, agreed, checkpoint, StreamCommands.read(spark, checkpoint), idleness);
    }

    /**
     * @param checkpoint of the query; null if it may be any
     * @param resumed what is known of the time before this start; null for nothing
     */
    private static Dataset<Row> added(
            Dataset<Row> input, StreamOptions options, String checkpoint, Dataset<Row> commands, Idleness resumed) {
        SparkSession spark = input.sparkSession();
        if (!input.isStreaming()) {
            throw new UserException(Settings.INPUT + ": this table is not a streaming one");
        }
        if (BucketProcessor.isIn(input)) {
            throw new UserException(Settings.INPUT + ": this table's streams are scored or continued already, and a"
                    + " query does one of it, once; write its rows, and read them in another query");
        }
        KeyedInput.requireNoHelper(KeyedInput.columns(input));
        options.keyed().describe();
        options.keyed().model().requireDevice(spark.sparkContext());
        ClusterSettings.warnOfStream(spark.sparkContext(), options.keyed().model());
        StreamOptions run = options.onExecutors();
        boolean isCaseSensitive = Boolean.parseBoolean(spark.conf().get("spark.sql.caseSensitive", "false"));
        StructType result = ResultSchema.append(KeyedInput.columns(input), run.keyed(), isCaseSensitive)
                .add(StreamCounts.COLUMN, StreamCounts.SCHEMA, false);

        Dataset<Row> rows = rows(input, run);
        Dataset<Row> all = commands == null ? rows : rows.unionByName(commands(rows.schema(), commands, run));
        int columns = KeyedInput.columns(input).length();
        RowLayout layout = new RowLayout(columns, columns, columns + 1, columns + 2, columns + 7);
        StreamLayout more =
                new StreamLayout(columns + 3, options.eventTime() == null ? -1 : columns + 4, columns + 5, columns + 6);
        int[] numbers = Buckets.numbers(run.keyed().partitions());
        MapFunction<Row, Integer> bucket = row -> numbers[more.bucket(row)];
        Dataset<Row> moved = all.groupByKey(bucket, Encoders.INT())
                .transformWithState(
                        new BucketProcessor(
                                run,
                                checkpoint,
                                layout,
                                more,
                                resumed == null ? Idleness.of(options.idle()) : resumed,
                                UUID.randomUUID().toString(),
                                run.keyed().model().fingerprint()),
                        timeMode(run),
                        OutputMode.Append(),
                        Encoders.row(result));
        return KeyedInput.withTypes(StreamCounts.observed(moved), without(result, StreamCounts.COLUMN));
    }

    /** Over how many partitions the state lies: asked for, or as many as tasks can run at a time. */
    private static int partitions(SparkSession spark, StreamOptions options) {
        int asked = options.keyed().partitions();
        if (asked > 0) {
            return asked;
        }
        int slots = spark.sparkContext().defaultParallelism();
        // A cluster's executors may not be there yet, and what is chosen now is for ever.
        return spark.sparkContext().isLocal() ? slots : Math.max(slots, LEAST_PARTITIONS_ON_A_CLUSTER);
    }

    /**
     * Has a session whose queries keep themselves in {@code checkpoint} start no process for their files there. Of a table
     * that is read later in this session, what its source keeps there is among them.
     *
     * <p>On a local disk the renames of Spark's default manager of checkpoint files make Hadoop start a process for each file
     * status it asks, four a file and twenty a micro-batch: a third of the time of a small one, and more on a busy machine.
     * Those of the other manager are plain ones, no less atomic there.
     */
    public static void startNoProcesses(SparkSession spark, String checkpoint) {
        try {
            Path path = new Path(checkpoint);
            boolean isLocal = path.getFileSystem(spark.sparkContext().hadoopConfiguration()) instanceof LocalFileSystem;
            if (isLocal && !spark.sparkContext().getConf().contains(FILE_MANAGER)) {
                spark.conf().set(FILE_MANAGER, FileSystemBasedCheckpointFileManager.class.getName());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TimeMode timeMode(StreamOptions options) {
        if (options.idle() == null) {
            return TimeMode.None();
        }
        return options.eventTime() == null ? TimeMode.ProcessingTime() : TimeMode.EventTime();
    }

    private static Dataset<Row> rows(Dataset<Row> input, StreamOptions options) {
        StreamColumns columns = options.keyed().columns();
        Dataset<Row> table = input;
        if (options.eventTime() != null) {
            table = table.withWatermark(
                    eventTime(input, options.eventTime()), options.watermark().toMillis() + " milliseconds");
        }
        List<Column> selected = new ArrayList<>();
        for (StructField field : KeyedInput.columns(input).fields()) {
            // Without the watermark's mark on the column, by which Spark would leave out late rows without a word. The
            // optimizer takes an alias away again that adds no metadata of its own, and the mark would be back.
            selected.add(functions
                    .col(KeyedInput.quoted(field.name()))
                    .as(
                            field.name(),
                            new MetadataBuilder()
                                    .withMetadata(field.metadata())
                                    .putBoolean(HELPER + "unmarked", true)
                                    .build()));
        }
        Column key = KeyedInput.key(table, columns);
        selected.add(key.as(HELPER + "key"));
        selected.add(KeyedInput.order(table, columns.order()).as(HELPER + "order"));
        selected.add(KeyedInput.content(table, columns).as(HELPER + "content"));
        selected.add(bucket(key, options.keyed().partitions()));
        selected.add((options.eventTime() == null
                        ? functions.lit(null).cast(DataTypes.LongType)
                        : functions.unix_millis(functions.col(KeyedInput.quoted(options.eventTime()))))
                .as(HELPER + "time"));
        selected.add(functions.lit(null).cast(DataTypes.StringType).as(HELPER + "command"));
        selected.add(functions.lit(null).cast(DataTypes.BinaryType).as(HELPER + "state"));
        selected.add(KeyedInput.problem(table).as(HELPER + "wrong"));
        return table.select(selected.toArray(Column[]::new));
    }

    private static String eventTime(Dataset<Row> input, String name) {
        for (StructField field : input.schema().fields()) {
            if (field.name().equals(name) && field.dataType() instanceof TimestampType) {
                return KeyedInput.quoted(name);
            }
        }
        throw new UserException(StreamSettings.EVENT_TIME + ": the input has no timestamp column " + name);
    }

    private static Column bucket(Column key, int partitions) {
        return functions.pmod(functions.hash(key), functions.lit(partitions)).as(HELPER + "bucket");
    }

    /** Commands in the shape of the input's rows. */
    private static Dataset<Row> commands(StructType rows, Dataset<Row> commands, StreamOptions options) {
        List<Column> selected = new ArrayList<>();
        for (StructField field : rows.fields()) {
            Column column =
                    switch (field.name()) {
                        case HELPER + "key" -> functions.col("key");
                        case HELPER + "bucket" ->
                            bucket(functions.col("key"), options.keyed().partitions());
                        case HELPER + "command" -> functions.col("command");
                        case HELPER + "state" -> functions.col("state");
                        default -> functions.lit(null).cast(field.dataType());
                    };
            selected.add(column.as(field.name()));
        }
        return commands.select(selected.toArray(Column[]::new));
    }

    private static StructType without(StructType all, String name) {
        return new StructType(List.of(all.fields()).stream()
                .filter(field -> !field.name().equals(name))
                .toArray(StructField[]::new));
    }
}
