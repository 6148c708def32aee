package io.sinkstream.job;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.console.RunFailure;
import io.sinkstream.console.StreamProgress;
import io.sinkstream.settings.MicroBatches;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.state.SavedStates;
import io.sinkstream.state.StreamContract;
import io.sinkstream.streaming.CheckpointTerms;
import io.sinkstream.streaming.KeyedStreams;
import io.sinkstream.streaming.OutputOwner;
import io.sinkstream.streaming.StreamOptions;
import io.sinkstream.tables.DistinctPaths;
import io.sinkstream.tables.OutputFolder;
import io.sinkstream.tables.SparkMessages;
import io.sinkstream.tables.StreamInput;
import io.sinkstream.tables.StreamOutput;
import io.sinkstream.tables.TableInput;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkClassNotFoundException;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.DataStreamWriter;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.StreamingQueryManager;
import org.apache.spark.sql.streaming.Trigger;

/** A run of {@code stream score} or {@code stream generate}, from its settings to its end. */
final class StreamRun {
    private static final int LOOK_MILLIS = 100;

    /** A task that goes to another executor than its streams' caches rebuilds them all, which takes longer than to wait. */
    private static final Map<String, String> DEFAULTS = Map.of("spark.locality.wait", "60s");

    private final SettingValues values;
    private final StreamInput input;
    private final StreamOutput output;
    private final StreamOptions options;

    /** Checks the settings and the model. */
    StreamRun(SettingValues values, StreamInput input, StreamOptions options) {
        this.values = values;
        this.input = input;
        this.output = StreamOutput.from(values);
        values.require(StreamSettings.CHECKPOINT);
        this.options = options;
        options.keyed().describe();
    }

    /** The options with the columns that an input has by itself, where the settings name none. */
    static StreamOptions options(KeyedOptions given, StreamInput input, SettingValues values) {
        return StreamOptions.from(given.withColumns(TableInput.columns(input.format(), given.columns())), values);
    }

    void run(String name, PrintWriter err) {
        String checkpoint = values.require(StreamSettings.CHECKPOINT);
        // A session that a cluster still sends executors to does not end quietly, so this goes before it begins.
        Configuration hadoop = SparkHadoopUtil.get().newConfiguration(new SparkConf());
        requireDistinctPaths(checkpoint, hadoop);
        if (values.find(StreamSettings.INITIAL_STATE).isPresent()) {
            StreamContract.requireNew(checkpoint, hadoop);
        }
        CheckpointTerms.check(checkpoint, options, hadoop);
        if (output.isFiles() && StreamContract.isBegun(checkpoint, hadoop)) {
            OutputOwner.check(checkpoint, output.path(), output.format(), hadoop);
        }
        try (Session session = Session.open(name, options.keyed().model(), values, DEFAULTS)) {
            SparkSession spark = session.spark();
            Configuration conf = spark.sparkContext().hadoopConfiguration();
            boolean isNew = !StreamContract.isBegun(checkpoint, conf);
            if (output.isFiles() && isNew) {
                OutputFolder.requireNew(conf, output.path());
            }
            // The command's own session, or it would be set for the query alone and not for what its source keeps.
            KeyedStreams.startNoProcesses(spark, checkpoint);
            input.passedOver(conf).ifPresent(err::println);
            options.keyed().warning().ifPresent(err::println);
            Dataset<Row> rows = input.read(spark);
            Dataset<Row> initial = values.find(StreamSettings.INITIAL_STATE)
                    .map(path -> states(spark, path))
                    .orElse(null);
            Dataset<Row> results = KeyedStreams.apply(rows, options, checkpoint, initial);
            StreamingQueryManager queries = results.sparkSession().streams();
            StreamProgress progress = new StreamProgress(err);
            queries.addListener(progress);
            try (EndSignal asked = EndSignal.await()) {
                StreamingQuery query;
                try {
                    query = start(results);
                } catch (RuntimeException | TimeoutException e) {
                    if (isNew) {
                        StreamContract.abandon(checkpoint, conf);
                    }
                    throw e;
                }
                await(query, asked);
                progress.end();
            } catch (StreamingQueryException e) {
                throw RunFailure.of(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new RunFailure("interrupted", e);
            } catch (TimeoutException e) {
                throw new RunFailure("the query does not end: " + e.getMessage(), e);
            } finally {
                queries.removeListener(progress);
            }
        }
    }

    private void requireDistinctPaths(String checkpoint, Configuration conf) {
        DistinctPaths paths = new DistinctPaths(conf);
        if (input.isFiles()) {
            paths.with(Settings.INPUT, input.paths());
        }
        paths.with(StreamSettings.CHECKPOINT, checkpoint);
        if (output.isFiles()) {
            paths.with(Settings.OUTPUT, output.path());
        }
        values.find(StreamSettings.INITIAL_STATE).ifPresent(path -> paths.with(StreamSettings.INITIAL_STATE, path));
    }

    private static Dataset<Row> states(SparkSession spark, String path) {
        try {
            return SavedStates.read(spark, path);
        } catch (AnalysisException e) {
            throw SparkMessages.mendable(StreamSettings.INITIAL_STATE.option(), e);
        }
    }

    private static Trigger trigger(MicroBatches batches) {
        return batches.untilNow()
                ? Trigger.AvailableNow()
                : Trigger.ProcessingTime(batches.interval().toMillis());
    }

    private StreamingQuery start(Dataset<Row> results) throws TimeoutException {
        DataStreamWriter<Row> writer = output.writer(results, options.keyed().columns())
                .option("checkpointLocation", values.require(StreamSettings.CHECKPOINT));
        values.find(StreamSettings.TRIGGER).map(StreamRun::trigger).ifPresent(writer::trigger);
        try {
            return started(writer);
        } catch (AnalysisException
                | SparkClassNotFoundException
                | IllegalArgumentException
                | UnsupportedOperationException e) {
            throw SparkMessages.mendable(Settings.OUTPUT_FORMAT.option(), e);
        }
    }

    /** Spark throws these checked exceptions without declaring them. */
    private static StreamingQuery started(DataStreamWriter<Row> writer)
            throws TimeoutException, AnalysisException, SparkClassNotFoundException {
        return writer.start();
    }

    private static void await(StreamingQuery query, EndSignal asked)
            throws StreamingQueryException, InterruptedException, TimeoutException {
        while (!query.awaitTermination(LOOK_MILLIS)) {
            if (asked.isGiven()) {
                long batch = batch(query);
                while (query.isActive() && query.status().isTriggerActive() && batch(query) == batch) {
                    var unused = query.awaitTermination(LOOK_MILLIS);
                }
                query.stop();
            }
        }
    }

    private static long batch(StreamingQuery query) {
        return query.lastProgress() == null ? -1 : query.lastProgress().batchId();
    }

    /** The settings of both commands, with {@code own} of one of them, in the order of the help. */
    static List<Setting<?>> settings(List<Setting<?>> own) {
        List<Setting<?>> all = new ArrayList<>(Settings.OF_MODEL);
        all.addAll(own);
        all.addAll(List.of(
                Settings.FORMAT,
                Settings.INPUT,
                Settings.SCHEMA,
                Settings.OPTION,
                StreamSettings.ROWS_PER_TRIGGER,
                Settings.KEY,
                Settings.ORDER,
                Settings.TEXT,
                Settings.TOKENS,
                Settings.LATE,
                Settings.MAX_ROW_BYTES,
                Settings.PREFIX,
                StreamSettings.CHECKPOINT,
                StreamSettings.INITIAL_STATE,
                Settings.PARTITIONS,
                StreamSettings.HISTORY,
                StreamSettings.TRIGGER,
                StreamSettings.IDLE,
                StreamSettings.EVENT_TIME,
                StreamSettings.WATERMARK,
                Settings.OUTPUT,
                Settings.OUTPUT_FORMAT,
                Settings.OUTPUT_OPTION));
        return all;
    }
}
