package io.sinkstream.job;

import io.sinkstream.batch.HeldOutRows;
import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.batch.KeyedRows;
import io.sinkstream.batch.ScoringTotals;
import io.sinkstream.batch.StreamColumns;
import io.sinkstream.calibration.Calibration;
import io.sinkstream.calibration.CalibrationTotals;
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
                TrainingSettings.SEED,
                Settings.SINKS,
                Settings.WINDOW,
                Settings.DTYPE,
                Settings.DEVICE,
                OddSettings.ODD_BY,
                OddSettings.KIND,
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
                        + " --learning-rate 5e-4, --warmup 20. A training that ended before its time goes on when the same"
                        + " command is run again.");
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
                .orElse(TrainingSettings.WARMUP, "20");
        TableInput input = TableInput.from(values);
        StreamColumns columns = TableInput.columns(input.format(), StreamColumns.from(values));
        Pretraining training = TrainCommand.training(values, columns);
        training.check();
        try (Session session = Session.open("sinkstream adapt")) {
            input.passedOver(session.spark().sparkContext().hadoopConfiguration())
                    .ifPresent(err::println);
            HeldOutRows rows = HeldOutRows.of(input.read(session.spark()), columns);
            LongAccumulator skipped = session.spark().sparkContext().longAccumulator("sinkstream.skipped");
            TrainingSummary summary = TrainCommand.train(training, rows.others(), skipped, "", err);
            TrainCommand.print(out, summary, skipped.value(), training.output());
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

    private static String child(String folder, String name) {
        return folder + (folder.endsWith("/") ? "" : "/") + name;
    }

    /** Writes how surprising the rows are, and says of how many. */
    private static long calibrate(
            Session session, Dataset<Row> rows, SettingValues values, StreamColumns columns, PrintWriter err) {
        KeyedOptions options = KeyedOptions.scoring(values).withColumns(columns);
        ScoringTotals totals = new ScoringTotals();
        CalibrationTotals ordinary = new CalibrationTotals();
        session.spark().sparkContext().register(totals);
        session.spark().sparkContext().register(ordinary);
        Dataset<Row> scored = KeyedRows.apply(rows, options, totals, null, ordinary);
        try (ScoreProgress progress = ScoreProgress.start(session.spark(), totals, err)) {
            try {
                scored.write().format("noop").mode(SaveMode.Overwrite).save();
            } catch (Exception e) {
                throw progress.failure(e);
            }
            progress.end();
        }
        Calibration made = new Calibration(options.calibrationTerms(), ordinary.value());
        made.write(
                session.spark().sparkContext().hadoopConfiguration(), values.require(OddSettings.CALIBRATION_OUTPUT));
        return made.rows();
    }
}
