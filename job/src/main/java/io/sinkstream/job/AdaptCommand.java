package io.sinkstream.job;

import io.sinkstream.batch.HeldOutRows;
import io.sinkstream.batch.KeyedInput;
import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.KeyedRows;
import io.sinkstream.batch.ScoringTotals;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.calibration.Calibration;
import io.sinkstream.calibration.CalibrationTotals;
import io.sinkstream.calibration.StreamRule;
import io.sinkstream.console.ScoreProgress;
import io.sinkstream.console.TextTable;
import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.tables.TableInput;
import io.sinkstream.train.Pretraining;
import io.sinkstream.train.TrainingSummary;
import java.io.PrintWriter;
import java.util.List;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.storage.StorageLevel;
import org.apache.spark.util.LongAccumulator;

/** {@code adapt}: a model and a calibration for logs of one's own. */
final class AdaptCommand extends SettingsCommand {
    private static final String MODEL = "model";
    private static final String CALIBRATION = "calibration";

    @Override
    List<Setting<?>> settings() {
        return List.of(
                Settings.INPUT,
                Settings.FORMAT,
                Settings.SCHEMA,
                Settings.OPTION,
                Settings.KEY,
                Settings.ORDER,
                Settings.TEXT,
                Settings.SEPARATOR,
                Settings.MAX_ROW_BYTES,
                TrainingSettings.INITIAL_MODEL,
                TrainingSettings.CONTEXT,
                TrainingSettings.PACKING,
                TrainingSettings.BATCH,
                TrainingSettings.MICRO_BATCH,
                TrainingSettings.EPOCHS,
                TrainingSettings.STEPS,
                TrainingSettings.LEARNING_RATE,
                TrainingSettings.WARMUP,
                TrainingSettings.VALIDATION,
                TrainingSettings.SAVE_EVERY,
                TrainingSettings.PATIENCE,
                TrainingSettings.SEED,
                Settings.SINKS,
                Settings.WINDOW,
                Settings.DTYPE,
                Settings.DEVICE,
                OddSettings.ODD_BY,
                OddSettings.KIND,
                OddSettings.STREAMS_BY,
                OddSettings.WINDOW_ROWS,
                Settings.PARTITIONS,
                Settings.OUTPUT);
    }

    @Override
    List<String> description() {
        return List.of(
                "Trains a model further on ordinary rows of one's own, and calibrates it on others of them.",
                "",
                "A fifth of the streams is kept for the calibration; of fewer than 50 streams, the last fifth of each one's rows."
                        + " --output becomes a folder with model, a folder that --model takes, and calibration, a file that"
                        + " --calibrate takes. Where nothing else is given: --initial-model builtin, --epochs 3, --batch 4,"
                        + " --learning-rate 5e-4, --warmup 20, --save-every 50, --patience 3. What ended before its time, training or"
                        + " calibrating, goes on when the same command is run again.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  From yesterday's rows to the odd ones of today:",
                "    adapt --input yesterday.jsonl --key host --order time --output mine",
                "    score --model mine/model --calibrate mine/calibration --alarm-rate 0.001 --input today.jsonl --key host \\",
                "      --order time --output judged");
    }

    @Override
    void run(SettingValues given, PrintWriter out, PrintWriter err) {
        String output = given.require(Settings.OUTPUT);
        String scheme = new Path(output).toUri().getScheme();
        if (scheme != null && !scheme.equals("file")) {
            throw new UserException(
                    Settings.OUTPUT + ": " + output
                            + " is no local folder, and adapt scores with the model that it writes there; allowed is a local one");
        }
        SettingValues values = given.with(Settings.OUTPUT, child(output, MODEL))
                .orElse(TrainingSettings.INITIAL_MODEL, "builtin")
                .orElse(TrainingSettings.EPOCHS, "3")
                .orElse(TrainingSettings.BATCH, "4")
                .orElse(TrainingSettings.LEARNING_RATE, "5e-4")
                .orElse(TrainingSettings.WARMUP, "20")
                .orElse(TrainingSettings.SAVE_EVERY, "50")
                .orElse(TrainingSettings.PATIENCE, patience(given));
        TableInput input = TableInput.from(values);
        StreamColumns columns = TableInput.columns(input.format(), StreamColumns.from(values));
        Pretraining training = TrainCommand.training(values, columns);
        boolean isTrained = isTrained(output, training);
        try (Session session = Session.open("sinkstream adapt")) {
            input.passedOver(session.spark().sparkContext().hadoopConfiguration())
                    .ifPresent(err::println);
            HeldOutRows rows = HeldOutRows.of(input.read(session.spark()), columns);
            requireWhole(StreamRule.from(values), columns, rows);
            if (isTrained) {
                out.println("the model is there: " + training.output());
            } else {
                train(session, training, rows, out, err);
            }
            long ordinary = calibrate(
                    session,
                    rows.heldOut(),
                    values.with(Settings.MODEL, training.output())
                            .with(OddSettings.CALIBRATION_OUTPUT, child(output, CALIBRATION)),
                    columns,
                    err);
            out.println("calibrated on " + TextTable.count(ordinary) + " rows, "
                    + (rows.isOfStreams() ? "of a fifth of the streams" : "the last fifth of each stream")
                    + "; written to " + child(output, CALIBRATION));
        }
    }

    /** A training without samples for validation has nothing to be patient about. */
    private static String patience(SettingValues given) {
        return given.require(TrainingSettings.VALIDATION) == 0 ? "0" : "3";
    }

    /**
     * Whether the model is there already, trained as the settings say, of a run that ended before its calibration. Leaves how it is
     * trained in the folder if it is not.
     *
     * @throws UserException if a calibration is there, or another model
     */
    private static boolean isTrained(String output, Pretraining training) {
        AdaptedFolder folder = AdaptedFolder.of(output);
        if (folder.has(CALIBRATION)) {
            throw new UserException(Settings.OUTPUT + ": " + output
                    + " has a model and a calibration; remove it, or write somewhere else");
        }
        if (folder.has(MODEL + "/config.json") && folder.settings().isPresent()) {
            Pretraining.requireSame(training.settings(), folder.settings().get(), output);
            return true;
        }
        training.check();
        folder.begin(training.settings());
        return false;
    }

    /** Throws UserException if streams are to stand beside each other and the rows that are kept are no whole streams. */
    private static void requireWhole(StreamRule rule, StreamColumns columns, HeldOutRows rows) {
        if (rule.isOwn() && (columns.key() == null || !rows.isOfStreams())) {
            throw new UserException(rule + ": of fewer than " + HeldOutRows.MANY_STREAMS
                    + " streams none is kept whole to calibrate on; give " + OddSettings.STREAMS_BY + " rows");
        }
    }

    private static void train(
            Session session, Pretraining training, HeldOutRows rows, PrintWriter out, PrintWriter err) {
        LongAccumulator skipped = session.spark().sparkContext().longAccumulator("sinkstream.skipped");
        TrainingSummary summary = TrainCommand.train(training, rows.others(), skipped, "training: ", err);
        TrainCommand.print(out, summary, skipped.value(), training.output());
    }

    private static String child(String folder, String name) {
        return folder + (folder.endsWith("/") ? "" : "/") + name;
    }

    /** Writes how surprising the rows are, and says of how many. */
    private static long calibrate(
            Session session, Dataset<Row> rows, SettingValues values, StreamColumns columns, PrintWriter err) {
        KeyedOptions given = KeyedOptions.scoring(values).withColumns(columns);
        StreamRule rule = given.judge().streams();
        KeyedOptions options = rule.isOwn() ? given.withJudge(given.judge().tellingSurprise()) : given;
        ScoringTotals totals = new ScoringTotals();
        CalibrationTotals ordinary = new CalibrationTotals();
        session.spark().sparkContext().register(totals);
        session.spark().sparkContext().register(ordinary);
        Dataset<Row> scored = KeyedRows.apply(rows, options, totals, null, ordinary);
        if (rule.isOwn()) {
            // Read twice, run once.
            scored = scored.persist(StorageLevel.DISK_ONLY());
        }
        try (ScoreProgress progress = ScoreProgress.start(session.spark(), totals, err)) {
            try {
                scored.write().format("noop").mode(SaveMode.Overwrite).save();
            } catch (Exception e) {
                throw progress.failure(e);
            }
            progress.end();
        }
        Calibration made = BatchRun.calibration(
                options, ordinary, scored, rule.isOwn() ? KeyedInput.key(scored, rows, columns) : null, rule);
        if (made.rows() == 0) {
            throw new UserException(Settings.INPUT
                    + ": none of the rows that are kept to calibrate on has a number and a"
                    + " kind, so that there is no calibration; the model is in " + values.require(Settings.MODEL));
        }
        made.write(
                session.spark().sparkContext().hadoopConfiguration(), values.require(OddSettings.CALIBRATION_OUTPUT));
        return made.rows();
    }
}
