package io.sinkstream.job;

import io.sinkstream.batch.StreamColumns;
import io.sinkstream.checkpoint.StoredType;
import io.sinkstream.console.TrainProgress;
import io.sinkstream.settings.Objective;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.tables.TableInput;
import io.sinkstream.train.EncoderExperiment;
import io.sinkstream.train.InitialModel;
import io.sinkstream.train.LogEntry;
import io.sinkstream.train.ModelShape;
import io.sinkstream.train.Pretraining;
import io.sinkstream.train.SinkExperiment;
import io.sinkstream.train.TrainingCounts;
import io.sinkstream.train.TrainingPlan;
import io.sinkstream.train.TrainingSummary;
import io.sinkstream.train.TrainingText;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;

/** {@code train}: pre-trains a small model, with a sink of its own. */
final class TrainCommand extends SettingsCommand {
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
                Settings.TOKENS,
                Settings.SEPARATOR,
                Settings.MAX_ROW_BYTES,
                TrainingSettings.OBJECTIVE,
                Settings.SINKS,
                Settings.WINDOW,
                TrainingSettings.SINK,
                TrainingSettings.COMPARE,
                TrainingSettings.VALIDATION_INPUT,
                TrainingSettings.INITIAL_MODEL,
                TrainingSettings.TOKENIZER,
                TrainingSettings.VOCABULARY,
                TrainingSettings.LAYERS,
                TrainingSettings.HIDDEN,
                TrainingSettings.HEADS,
                TrainingSettings.KEY_VALUE_HEADS,
                TrainingSettings.INTERMEDIATE,
                TrainingSettings.CONTEXT,
                TrainingSettings.PACKING,
                TrainingSettings.BATCH,
                TrainingSettings.MICRO_BATCH,
                TrainingSettings.EPOCHS,
                TrainingSettings.STEPS,
                TrainingSettings.LEARNING_RATE,
                TrainingSettings.WARMUP,
                TrainingSettings.WEIGHT_DECAY,
                TrainingSettings.CLIP,
                TrainingSettings.VALIDATION,
                TrainingSettings.SAVE_EVERY,
                TrainingSettings.PATIENCE,
                TrainingSettings.REPLICAS,
                TrainingSettings.AVERAGE_EVERY,
                TrainingSettings.SEED,
                Settings.DTYPE,
                Settings.DEVICE,
                TrainingSettings.SAVE_DTYPE,
                Settings.OUTPUT);
    }

    @Override
    List<String> description() {
        return List.of(
                "Trains a small model of the Llama layout on the text of a table, and its tokenizer, too.",
                "",
                "--output becomes a folder that --model takes, and Hugging Face's libraries: config.json,"
                        + " model.safetensors, tokenizer.json; and loss.csv and loss.png. A training that ended before its"
                        + " time goes on when the same command is run again, to the same numbers. With --initial-model it goes"
                        + " on from the weights of another model, such as the built-in one, on text of your own.",
                "",
                "With --compare sinks, --output becomes a folder of such folders, none, zero, learnable and head, and of"
                        + " what their comparison found: sinks.csv, attention.csv and a picture of each. It, too, goes on"
                        + " when it is run again, and a model that is there is not trained again. The models are compared on the driver.",
                "",
                "With --objective masked it trains an encoder, and --compare sinks asks whether sinks are of use to one: dense,"
                        + " window and global, encoders.csv and its picture.");
    }

    @Override
    List<String> examples() {
        return List.of(
                "  A model of JSON lines, each key a stream:",
                "    train --input logs.jsonl --key key --order seq --output model",
                "  A smaller one of a text file, without a sink:",
                "    train --input text.txt --layers 4 --hidden-size 128 --context 256 --vocabulary 1024 --steps 500 \\",
                "      --sink none --output plain",
                "  The built-in model, trained further on logs of one's own:",
                "    train --initial-model builtin --input logs.jsonl --key key --order seq --learning-rate 5e-4 --output mine",
                "  Four kinds of sink, compared:",
                "    train --input train.jsonl --key key --order seq --context 256 --compare sinks \\",
                "      --validation-input heldout.jsonl --output sinks",
                "  Attention on both sides, 32 tokens far, and text longer than a sample:",
                "    train --input train.jsonl --key key --order seq --context 256 --objective masked --compare sinks \\",
                "      --attention-sink-window-size 32 --validation-input heldout.jsonl --output encoders",
                "  Two executors of a cluster, a copy of the model each:",
                "    train --input hdfs:///logs --format json --key key --order seq --replicas 2 --output hdfs:///model");
    }

    @Override
    void run(SettingValues values, PrintWriter out, PrintWriter err) {
        TableInput input = TableInput.from(values);
        StreamColumns columns = TableInput.columns(input.format(), StreamColumns.from(values));
        boolean isExperiment = values.find(TrainingSettings.COMPARE).isPresent();
        boolean isMasked = values.require(TrainingSettings.OBJECTIVE) == Objective.MASKED;
        if (isExperiment && !isMasked && values.isGiven(TrainingSettings.SINK)) {
            throw new UserException(TrainingSettings.SINK + ": " + TrainingSettings.COMPARE
                    + " sinks trains a model with each; leave one of the two out");
        }
        if (!isExperiment && values.isGiven(TrainingSettings.VALIDATION_INPUT)) {
            throw new UserException(TrainingSettings.VALIDATION_INPUT + ": a training without "
                    + TrainingSettings.COMPARE + " does not read it; leave it out, or give both");
        }
        if (values.isGiven(TrainingSettings.INITIAL_MODEL)) {
            requireNone(values, List.of(Settings.SINKS, Settings.WINDOW));
        }
        Pretraining training = training(values, columns);
        if (isExperiment) {
            TableInput heldOut = heldOut(input, values.require(TrainingSettings.VALIDATION_INPUT));
            if (isMasked) {
                ComparisonRun.run(new EncoderExperiment(training), input, heldOut, ComparisonRun::print, out, err);
            } else {
                ComparisonRun.run(new SinkExperiment(training), input, heldOut, ComparisonRun::print, out, err);
            }
            return;
        }
        training.check();
        try (Session session = Session.open("sinkstream train")) {
            LongAccumulator skipped = session.spark().sparkContext().longAccumulator("sinkstream.skipped");
            input.passedOver(session.spark().sparkContext().hadoopConfiguration())
                    .ifPresent(err::println);
            TrainingSummary summary = train(training, input.read(session.spark()), skipped, "", err);
            print(out, summary, skipped.value(), training.output());
        }
    }

    /** The training that these settings say. */
    static Pretraining training(SettingValues values, StreamColumns columns) {
        InitialModel initial = initial(values);
        return new Pretraining(
                new TrainingText(columns, values.require(Settings.SEPARATOR), values.require(Settings.MAX_ROW_BYTES)),
                initial,
                values.find(TrainingSettings.TOKENIZER).orElse(null),
                values.require(TrainingSettings.VOCABULARY),
                initial == null ? ModelShape.from(values) : initial.shape(),
                TrainingPlan.from(values),
                values.require(Settings.OUTPUT),
                values.require(TrainingSettings.SAVE_DTYPE).equals("bfloat16") ? StoredType.BF16 : StoredType.F32);
    }

    /** Throws UserException if one of these is given beside a model to go on from. */
    private static void requireNone(SettingValues values, List<Setting<?>> own) {
        own.stream().filter(values::isGiven).findFirst().ifPresent(setting -> {
            throw new UserException(setting + ": " + TrainingSettings.INITIAL_MODEL + " "
                    + values.require(TrainingSettings.INITIAL_MODEL) + " is what it is; leave one of the two out");
        });
    }

    /** The model to go on from, beside which nothing says what the model is; null for none. */
    private static InitialModel initial(SettingValues values) {
        Optional<String> name = values.find(TrainingSettings.INITIAL_MODEL);
        if (name.isEmpty()) {
            return null;
        }
        requireNone(
                values,
                List.of(
                        TrainingSettings.COMPARE,
                        TrainingSettings.OBJECTIVE,
                        TrainingSettings.SINK,
                        TrainingSettings.TOKENIZER,
                        TrainingSettings.VOCABULARY,
                        TrainingSettings.LAYERS,
                        TrainingSettings.HIDDEN,
                        TrainingSettings.HEADS,
                        TrainingSettings.KEY_VALUE_HEADS,
                        TrainingSettings.INTERMEDIATE));
        return InitialModel.open(name.get(), values.require(TrainingSettings.CONTEXT));
    }

    /** Trains, and tells how far it is, with {@code prefix} in front. */
    static TrainingSummary train(
            Pretraining training, Dataset<Row> rows, LongAccumulator skipped, String prefix, PrintWriter err) {
        TrainingCounts counts = new TrainingCounts();
        SparkSession spark = rows.sparkSession();
        spark.sparkContext().register(counts, "sinkstream.train");
        try (TrainProgress progress = TrainProgress.start(spark, counts, prefix, err)) {
            TrainingSummary summary;
            try {
                summary = training.run(rows, counts, skipped);
            } catch (UserException e) {
                throw e;
            } catch (Exception e) {
                throw progress.failure(e);
            }
            progress.end();
            return summary;
        }
    }

    /** The held-out text, which is read as the other is. */
    private static TableInput heldOut(TableInput input, List<String> paths) {
        if (input.isKafka()) {
            throw new UserException(TrainingSettings.VALIDATION_INPUT + ": " + Settings.FORMAT
                    + " kafka has no path to read instead; write both texts to files first");
        }
        List<String> both = paths.stream().filter(input.paths()::contains).toList();
        if (!both.isEmpty()) {
            throw new UserException(TrainingSettings.VALIDATION_INPUT + ": " + String.join(", ", both)
                    + " is what the models are trained on, too; give another text");
        }
        return input.withPaths(paths);
    }

    static void printSkipped(PrintWriter out, long skipped) {
        out.printf(
                Locale.ROOT,
                "%,d rows were left out: without key, order or text, too long, or with ids outside the vocabulary%n",
                skipped);
    }

    /** Tells what a training came to. */
    static void print(PrintWriter out, TrainingSummary summary, long skipped, String output) {
        LogEntry last = summary.last();
        out.printf(
                Locale.ROOT,
                "%,d parameters, a vocabulary of %,d, %,d samples%n",
                summary.parameters(),
                summary.vocabulary(),
                summary.samples());
        if (skipped > 0) {
            printSkipped(out, skipped);
        }
        Duration time = Duration.ofSeconds((long) last.seconds());
        out.printf(
                Locale.ROOT,
                "%,d steps, %,d tokens in %d:%02d:%02d; loss %.4f%s nats a token%n",
                last.step(),
                last.tokens(),
                time.toHours(),
                time.toMinutesPart(),
                time.toSecondsPart(),
                last.loss(),
                Double.isNaN(last.validation())
                        ? ""
                        : String.format(Locale.ROOT, ", on samples for validation %.4f", last.validation()));
        if (summary.steps() > last.step()) {
            out.printf(
                    Locale.ROOT,
                    "that is the state of the smallest loss on samples for validation, of %,d steps that were taken%n",
                    summary.steps());
        }
        out.println("written to " + output);
    }
}
