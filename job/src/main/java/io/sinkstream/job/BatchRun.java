package io.sinkstream.job;

import io.sinkstream.batch.KeyedInput;
import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.KeyedRows;
import io.sinkstream.batch.ScoringSummary;
import io.sinkstream.batch.ScoringTotals;
import io.sinkstream.batch.SplitStreams;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.batch.StreamTable;
import io.sinkstream.calibration.Calibration;
import io.sinkstream.calibration.CalibrationTotals;
import io.sinkstream.calibration.Judge;
import io.sinkstream.calibration.OrdinaryStreams;
import io.sinkstream.calibration.StreamRule;
import io.sinkstream.console.ScoreProgress;
import io.sinkstream.settings.OddBy;
import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.state.EndState;
import io.sinkstream.state.SavedStates;
import io.sinkstream.tables.DistinctPaths;
import io.sinkstream.tables.OutputFolder;
import io.sinkstream.tables.SparkMessages;
import io.sinkstream.tables.TableInput;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkClassNotFoundException;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.storage.StorageLevel;

/** A run of {@code score} or {@code generate}, from its settings to its totals. */
final class BatchRun {
    private final SettingValues values;
    private final TableInput input;
    private final KeyedOptions options;
    private final Optional<String> output;
    private final Optional<String> states;
    private final Optional<String> streams;
    private final Optional<String> calibration;
    private final StreamRule rule;
    private final SaveMode mode;

    /** Checks the settings and the model. */
    BatchRun(SettingValues values, KeyedOptions given) {
        this.values = values;
        this.output = values.find(Settings.OUTPUT);
        this.states = values.find(StreamSettings.SAVE_STATE);
        boolean isScoring = given.task().maxNewTokens() == 0;
        this.streams = isScoring ? values.find(OddSettings.STREAM_OUTPUT) : Optional.empty();
        this.calibration = given.judge() == null ? Optional.empty() : values.find(OddSettings.CALIBRATION_OUTPUT);
        this.mode = values.require(Settings.OVERWRITE) ? SaveMode.Overwrite : SaveMode.ErrorIfExists;
        this.input = TableInput.from(values);
        StreamColumns columns = TableInput.columns(input.format(), given.columns());
        this.rule = StreamRule.from(values);
        this.options = telling(given.withColumns(columns));
        options.describe();
        if (given.judge() != null && given.judge().by() == OddBy.LEVEL && values.isGiven(Settings.SPLIT_TOKENS)) {
            throw new UserException(
                    OddSettings.ODD_BY + " level is how surprising a row is beside its stream so far, of"
                            + " which a segment knows only its own part; leave out " + Settings.SPLIT_TOKENS
                            + ", or give another " + OddSettings.ODD_BY);
        }
        requireStreams(columns);
        if (states.isPresent() && (columns.key() == null || columns.order() == null)) {
            throw new UserException(StreamSettings.SAVE_STATE + " needs " + Settings.KEY + " and " + Settings.ORDER
                    + ", by which an endless stream goes on");
        }
    }

    private void requireStreams(StreamColumns columns) {
        boolean isCalibrated = calibration.isPresent() && rule.isOwn();
        if (columns.key() == null && (streams.isPresent() || isCalibrated)) {
            throw new UserException((streams.isPresent() ? OddSettings.STREAM_OUTPUT.toString() : rule.toString())
                    + " needs " + Settings.KEY + ", which names its streams");
        }
        if (rule.window() != null && streams.isEmpty() && !isCalibrated) {
            throw new UserException(OddSettings.WINDOW_ROWS + " " + rule.window() + " does nothing without "
                    + OddSettings.STREAM_OUTPUT + ", which has a row for each window");
        }
    }

    /** The options with a judge who tells what streams stand beside each other by, if they do. */
    private KeyedOptions telling(KeyedOptions all) {
        boolean isAsked = (streams.isPresent() && all.judge() != null) || calibration.isPresent();
        return rule.isOwn() && isAsked ? all.withJudge(all.judge().tellingSurprise()) : all;
    }

    /** Runs it, and returns what it has done. */
    ScoringSummary run(String name, PrintWriter err) {
        try (Session session = Session.open(name, options.model(), values)) {
            Configuration conf = session.spark().sparkContext().hadoopConfiguration();
            checkPaths(conf);
            input.passedOver(conf).ifPresent(err::println);
            if (options.judge() != null) {
                options.judge().warning().ifPresent(err::println);
            }
            Dataset<Row> rows = input.read(session.spark());
            ScoringTotals totals = new ScoringTotals(values.require(OddSettings.LEAST_TOKENS));
            // Without a name: Spark shows those that have one in its UI, and writes them to event logs, and rows' text
            // is in it.
            session.spark().sparkContext().register(totals);
            CalibrationTotals ordinary = ordinary(session);
            EndState endState =
                    states.isPresent() ? SavedStates.endState(options.model().options()) : null;
            Optional<SplitStreams> split = split(err);
            Dataset<Row> results = split.isPresent()
                    ? split.orElseThrow().segments(rows, totals, endState, ordinary)
                    : KeyedRows.apply(rows, options, totals, endState, ordinary);
            boolean isStreamsOwn = rule.isOwn() && calibration.isPresent();
            if (states.isPresent() || streams.isPresent() || split.isPresent() || isStreamsOwn) {
                // Read twice, run once.
                results = results.persist(StorageLevel.DISK_ONLY());
            }
            try (ScoreProgress progress = ScoreProgress.start(session.spark(), totals, err)) {
                try {
                    if (split.isPresent()) {
                        results = split.orElseThrow().joined(results, totals, endState);
                    }
                    write(results.drop(EndState.COLUMN, options.prefix() + Judge.SURPRISE), output);
                    if (streams.isPresent()) {
                        write(table(results, rows), streams);
                    }
                    if (states.isPresent()) {
                        writeStates(results, rows, states.get());
                    }
                } catch (AnalysisException | SparkClassNotFoundException e) {
                    throw SparkMessages.mendable(Settings.OUTPUT_FORMAT.option(), e);
                } catch (Exception e) {
                    throw progress.failure(e);
                }
                progress.end();
            }
            if (ordinary != null) {
                Column key = isStreamsOwn ? KeyedInput.key(results, rows, options.columns()) : null;
                writeCalibration(conf, calibration(options, ordinary, results, key, rule));
            }
            return totals.value();
        }
    }

    private Dataset<Row> table(Dataset<Row> results, Dataset<Row> rows) {
        String order = options.columns().order();
        return StreamTable.of(
                results,
                KeyedInput.key(results, rows, options.columns()),
                order == null ? null : KeyedInput.order(rows, order),
                options,
                rule);
    }

    /**
     * The calibration that a run's rows make.
     *
     * @param key the results' column of keys; null unless streams stand beside each other
     */
    static Calibration calibration(
            KeyedOptions options, CalibrationTotals ordinary, Dataset<Row> results, Column key, StreamRule rule) {
        return new Calibration(
                options.calibrationTerms(),
                ordinary.value(),
                rule.isOwn()
                        ? OrdinaryStreams.of(
                                rule,
                                StreamTable.numbers(results, key, options, rule).toLocalIterator())
                        : null);
    }

    /** Null where no calibration is made. */
    private CalibrationTotals ordinary(Session session) {
        if (calibration.isEmpty()) {
            return null;
        }
        CalibrationTotals ordinary = new CalibrationTotals();
        session.spark().sparkContext().register(ordinary);
        return ordinary;
    }

    private void writeCalibration(Configuration conf, Calibration made) {
        if (made.rows() == 0) {
            throw new UserException(
                    OddSettings.CALIBRATION_OUTPUT + ": no row has a number and a kind, so that there is"
                            + " nothing to calibrate on; nothing was written to " + calibration.orElseThrow());
        }
        made.write(conf, calibration.orElseThrow());
    }

    /** Says so if streams are to be cut and would take longer for it. */
    private Optional<SplitStreams> split(PrintWriter err) {
        if (options.task().maxNewTokens() > 0
                || values.find(Settings.SPLIT_TOKENS).isEmpty()) {
            return Optional.empty();
        }
        SplitStreams split = new SplitStreams(options, values.require(Settings.SPLIT_TOKENS));
        Optional<String> waste = split.waste();
        waste.ifPresent(err::println);
        return waste.isPresent() ? Optional.empty() : Optional.of(split);
    }

    private void checkPaths(Configuration conf) {
        DistinctPaths paths = new DistinctPaths(conf);
        if (input.isFiles()) {
            paths.with(Settings.INPUT, input.paths());
        }
        if (options.judge() != null) {
            values.find(OddSettings.CALIBRATE).ifPresent(path -> paths.with(OddSettings.CALIBRATE, path));
        }
        checkWritten(conf, paths, Settings.OUTPUT, output);
        checkWritten(conf, paths, StreamSettings.SAVE_STATE, states);
        checkWritten(conf, paths, OddSettings.STREAM_OUTPUT, streams);
        checkWritten(conf, paths, OddSettings.CALIBRATION_OUTPUT, calibration);
    }

    private void checkWritten(
            Configuration conf, DistinctPaths paths, Setting<String> written, Optional<String> given) {
        given.ifPresent(path -> {
            paths.with(written, path);
            OutputFolder.check(conf, written, path, mode);
        });
    }

    /** Spark throws these checked exceptions without declaring them. */
    private void write(Dataset<Row> results, Optional<String> path)
            throws AnalysisException, SparkClassNotFoundException {
        if (path.isEmpty()) {
            results.write().format("noop").mode(SaveMode.Overwrite).save();
            return;
        }
        results.write()
                .format(values.require(Settings.OUTPUT_FORMAT))
                .options(values.find(Settings.OUTPUT_OPTION).orElse(Map.of()))
                .mode(mode)
                .save(path.orElseThrow());
    }

    private void writeStates(Dataset<Row> results, Dataset<Row> rows, String path) {
        SavedStates.ofRun(
                        results,
                        KeyedInput.key(results, rows, options.columns()),
                        KeyedInput.orderKind(rows, options.columns().order()),
                        options.model().options())
                .write()
                .mode(SaveMode.Overwrite)
                .parquet(path);
    }

    /** The settings of both commands, with {@code own} of one of them, in the order of the help. */
    static List<Setting<?>> settings(List<Setting<?>> own) {
        List<Setting<?>> all = new ArrayList<>(Settings.OF_MODEL);
        all.addAll(List.of(
                Settings.INPUT,
                Settings.FORMAT,
                Settings.SCHEMA,
                Settings.OPTION,
                Settings.KEY,
                Settings.ORDER,
                Settings.TEXT,
                Settings.TOKENS));
        all.addAll(own);
        all.addAll(List.of(
                Settings.LATE,
                Settings.MAX_ROW_BYTES,
                Settings.PREFIX,
                Settings.PARTITIONS,
                Settings.OUTPUT,
                Settings.OUTPUT_FORMAT,
                Settings.OUTPUT_OPTION,
                StreamSettings.SAVE_STATE,
                Settings.OVERWRITE));
        return all;
    }
}
