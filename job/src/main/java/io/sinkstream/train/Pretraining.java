package io.sinkstream.train;

import io.sinkstream.checkpoint.StoredType;
import io.sinkstream.settings.Objective;
import io.sinkstream.settings.Packing;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.HashPartitioner;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.LongAccumulator;
import scala.Function1;
import scala.Tuple2;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;

/**
 * Trains a model on the rows of a table, from its tokenizer to a folder that every command here loads and Hugging Face's
 * libraries, too. Spark reads, tokenizes and packs the text once; then a barrier stage trains, each of its tasks a replica.
 *
 * <p>A training that ended before its time goes on from the last state it kept when it is run again, and gives the same numbers
 * as if it had never ended.
 *
 * @param text what of the table is text
 * @param initial the model that it goes on from; null to draw the first weights
 * @param tokenizer a {@code tokenizer.json}; null to train one, or where the table has token ids or {@code initial} has one
 * @param vocabulary how many tokens a trained tokenizer has, or which ids there are
 * @param shape the model
 * @param plan how it is trained
 * @param output the folder that it goes to
 * @param type the number type that its weights are written in
 */
public record Pretraining(
        TrainingText text,
        InitialModel initial,
        String tokenizer,
        int vocabulary,
        ModelShape shape,
        TrainingPlan plan,
        String output,
        StoredType type) {
    static final String CONFIG_FILE = "config.json";
    static final String WEIGHTS_FILE = "model.safetensors";
    private static final String TOKENIZER_FILE = "tokenizer.json";
    private static final String SAMPLES = "samples";
    private static final String IDS = "ids";
    private static final String SINK_TOKEN = "sink-token";
    private static final String DYNAMIC = "spark.dynamicAllocation.enabled";

    /**
     * Throws UserException if the output can't take this training: another one is there, or something else. Needs no session.
     */
    public void check() {
        TrainingFolder folder = new TrainingFolder(output);
        try {
            if (folder.isDone()) {
                throw new UserException(
                        Settings.OUTPUT + ": " + output + " has a model; remove it, or write somewhere else");
            }
            if (folder.experiment().isPresent()) {
                throw new UserException(
                        Settings.OUTPUT + ": " + output + " has an experiment; remove it, or write somewhere else");
            }
            Optional<Map<String, String>> begun = folder.settings();
            if (begun.isPresent()) {
                requireSame(settings(), begun.get(), output);
            } else if (initial != null) {
                // That it can read the text.
                var unused = initial.vocabulary(text);
            }
        } catch (IOException e) {
            throw folder.unusable(e);
        }
    }

    /** Throws UserException unless what is begun in a folder has all of these settings. */
    public static void requireSame(Map<String, String> settings, Map<String, String> begun, String folder) {
        settings.forEach((name, value) -> {
            String other = begun.get(name);
            if (!value.equals(other)) {
                throw new UserException("--" + name + ": the training in " + folder + " was begun with " + other
                        + ", not " + value + "; go on with that, or write somewhere else");
            }
        });
    }

    /** What a training that goes on has to have in common with how it was begun. */
    public Map<String, String> settings() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put(Settings.KEY.name(), text.columns().key());
        all.put(Settings.ORDER.name(), text.columns().order());
        all.put(Settings.TEXT.name(), text.columns().text());
        all.put(Settings.TOKENS.name(), text.columns().tokens());
        all.put(Settings.SEPARATOR.name(), text.separator());
        all.put(TrainingSettings.INITIAL_MODEL.name(), initial == null ? null : initial.name());
        all.put(TrainingSettings.TOKENIZER.name(), tokenizer);
        all.put(TrainingSettings.VOCABULARY.name(), vocabulary);
        all.put(
                TrainingSettings.OBJECTIVE.name(),
                (shape.span().isCausal() ? Objective.CAUSAL : Objective.MASKED)
                        .name()
                        .toLowerCase(Locale.ROOT));
        all.put(Settings.SINKS.name(), shape.span().sinks());
        all.put(Settings.WINDOW.name(), shape.span().window());
        all.put(TrainingSettings.SINK.name(), shape.sink().name().toLowerCase(Locale.ROOT));
        all.put(TrainingSettings.LAYERS.name(), shape.layers());
        all.put(TrainingSettings.HIDDEN.name(), shape.hidden());
        all.put(TrainingSettings.HEADS.name(), shape.heads());
        all.put(TrainingSettings.KEY_VALUE_HEADS.name(), shape.keyValueHeads());
        all.put(TrainingSettings.INTERMEDIATE.name(), shape.intermediate());
        all.put(TrainingSettings.CONTEXT.name(), shape.context());
        all.put(TrainingSettings.PACKING.name(), plan.packing().name().toLowerCase(Locale.ROOT));
        all.put(TrainingSettings.BATCH.name(), plan.batch());
        all.put(TrainingSettings.MICRO_BATCH.name(), plan.microBatch());
        all.put(TrainingSettings.EPOCHS.name(), plan.epochs());
        all.put(TrainingSettings.STEPS.name(), plan.steps());
        all.put(TrainingSettings.LEARNING_RATE.name(), plan.rate());
        all.put(TrainingSettings.WARMUP.name(), plan.warmup());
        all.put(TrainingSettings.WEIGHT_DECAY.name(), plan.decay());
        all.put(TrainingSettings.CLIP.name(), plan.clip());
        all.put(TrainingSettings.VALIDATION.name(), plan.validation());
        all.put(TrainingSettings.SAVE_EVERY.name(), plan.saveEvery());
        if (plan.patience() > 0) {
            all.put(TrainingSettings.PATIENCE.name(), plan.patience());
        }
        all.put(TrainingSettings.REPLICAS.name(), plan.replicas());
        all.put(TrainingSettings.AVERAGE_EVERY.name(), plan.averageEvery());
        all.put(TrainingSettings.SEED.name(), plan.seed());
        all.put(Settings.DTYPE.name(), plan.dtype());
        Map<String, String> told = new LinkedHashMap<>();
        all.forEach((name, value) -> told.put(name, String.valueOf(value)));
        return told;
    }

    /** The same of another model, into another folder. */
    Pretraining with(ModelShape other, int otherVocabulary, String otherOutput) {
        return new Pretraining(text, initial, tokenizer, otherVocabulary, other, plan, otherOutput, type);
    }

    /** The same by another plan. */
    Pretraining with(TrainingPlan other) {
        return new Pretraining(text, initial, tokenizer, vocabulary, shape, other, output, type);
    }

    /** Whether its model is there. */
    boolean isDone() throws IOException {
        return new TrainingFolder(output).isDone();
    }

    /**
     * Makes tokenizer and samples, if they are not there yet.
     *
     * @param skipped counts rows that can't be used; registered already
     * @throws UserException if the text has no sample, or Spark can't run the replicas side by side
     */
    void prepare(Dataset<Row> rows, LongAccumulator skipped) throws IOException {
        requireReplicas(rows.sparkSession().sparkContext());
        TrainingFolder folder = new TrainingFolder(output);
        if (folder.settings().isEmpty()) {
            begin(rows, folder, skipped);
        }
    }

    /** Spark says so too, but not before all the text has been read, tokenized and packed. */
    private void requireReplicas(SparkContext spark) {
        int slots = spark.defaultParallelism();
        if (spark.isLocal() && plan.replicas() > slots) {
            // Spark would wait for more, which a local run never gets.
            throw new UserException(TrainingSettings.REPLICAS + ": " + plan.replicas()
                    + " need as many task slots, and " + spark.master() + " has " + slots);
        }
        requireFixed(spark.getConf(), spark.isLocal());
    }

    /** Throws UserException where Spark gives executors back and takes others: it has no barrier stage there. */
    static void requireFixed(SparkConf conf, boolean isLocal) {
        if (!isLocal && conf.getBoolean(DYNAMIC, false)) {
            throw new UserException(
                    DYNAMIC + " is true, and a training runs as a barrier stage, which Spark does not do"
                            + " then; set it to false, and spark.executor.instances (or spark.cores.max) to what it is to take");
        }
    }

    /** The {@code tokenizer.json} of a training that is prepared or done; empty where the table has token ids. */
    Optional<String> tokenizerJson() throws IOException {
        if (text.columns().tokens() != null) {
            return Optional.empty();
        }
        TrainingFolder folder = new TrainingFolder(output);
        return Optional.of(
                folder.isDone() ? folder.modelText(TOKENIZER_FILE).orElseThrow() : folder.read(TOKENIZER_FILE));
    }

    /**
     * Trains, or goes on training.
     *
     * @param rows the text; not read again by a training that goes on
     * @param counts takes how far it is; registered already
     * @param skipped counts rows that can't be used; registered already
     * @throws UserException for what can be mended before the training starts
     */
    public TrainingSummary run(Dataset<Row> rows, TrainingCounts counts, LongAccumulator skipped) {
        check();
        SparkSession spark = rows.sparkSession();
        TrainingFolder folder = new TrainingFolder(output);
        try {
            prepare(rows, skipped);
            Map<String, String> begun = folder.settings().orElseThrow();
            int ids = Integer.parseInt(begun.get(IDS));
            long samples = Long.parseLong(begun.get(SAMPLES));
            int steps = plan.stepsOf(Math.round(samples * (1 - plan.validation())));
            train(spark, folder, new TrainingTask(shape, ids, plan, steps, folder, counts));
            return finish(folder, ids, samples, Integer.parseInt(begun.get(SINK_TOKEN)));
        } catch (IOException e) {
            throw folder.unusable(e);
        }
    }

    /** Makes tokenizer and samples. */
    private void begin(Dataset<Row> rows, TrainingFolder folder, LongAccumulator skipped) throws IOException {
        Vocabulary known;
        if (initial != null) {
            known = initial.vocabulary(text);
        } else if (text.columns().tokens() != null) {
            known = Vocabulary.ofIds(vocabulary, shape.sink());
        } else if (tokenizer != null) {
            known = Vocabulary.of(Path.of(tokenizer), shape.sink());
        } else {
            known = Vocabulary.trained(rows, text, vocabulary, shape.sink());
        }
        SparkSession spark = rows.sparkSession();
        PackedSamples.of(
                        rows,
                        text,
                        plan.packing(),
                        known.tokenizer().orElse(null),
                        known.size(),
                        shape.sampleTokens() - 1,
                        known.sink(),
                        spark.sparkContext().defaultParallelism(),
                        skipped)
                .write()
                .mode(SaveMode.Overwrite)
                .parquet(folder.samples());
        long samples = spark.read().parquet(folder.samples()).count();
        if (samples == 0) {
            folder.abandon();
            throw new UserException(
                    Settings.INPUT + ": its text has less than one sample of " + TrainingSettings.CONTEXT + " "
                            + shape.context() + " tokens"
                            + (plan.packing() == Packing.WITHIN ? " within a stream" : "")
                            + "; give more text, or a shorter context");
        }
        if (known.tokenizer().isPresent()) {
            folder.write(TOKENIZER_FILE, known.tokenizer().orElseThrow());
        }
        if (initial != null) {
            folder.save(
                    new SavedState(initial.state(), List.of()),
                    shape.architecture(known.size()).decoder(),
                    plan.patienceRule());
        }
        Map<String, String> settings = settings();
        // An encoder's mask has the id behind the tokenizer's.
        settings.put(IDS, "" + (known.size() + (shape.span().isCausal() ? 0 : 1)));
        settings.put(SINK_TOKEN, "" + known.sink());
        settings.put(SAMPLES, "" + samples);
        folder.begin(settings);
    }

    private static void train(SparkSession spark, TrainingFolder folder, TrainingTask task) {
        int replicas = task.plan().replicas();
        JavaPairRDD<Long, int[]> samples = spark.read()
                .parquet(folder.samples())
                .javaRDD()
                .mapToPair(row -> new Tuple2<>(
                        row.getLong(0),
                        row.<Integer>getList(1).stream()
                                .mapToInt(Integer::intValue)
                                .toArray()));
        // By the sample's number: its hash is the number, whose lower half counts within a partition of the table.
        RDD<Tuple2<Long, int[]>> byReplica =
                samples.partitionBy(new HashPartitioner(replicas)).rdd();
        Function1<scala.collection.Iterator<Tuple2<Long, int[]>>, scala.collection.Iterator<Object>> train =
                (Function1<scala.collection.Iterator<Tuple2<Long, int[]>>, scala.collection.Iterator<Object>>
                                & Serializable)
                        partition -> {
                            try {
                                task.run(CollectionConverters.asJava(partition), BarrierTaskContext.get());
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                            // The state is in the folder.
                            return CollectionConverters.asScala(Collections.emptyIterator());
                        };
        var unused = byReplica
                .barrier()
                .mapPartitions(train, false, ClassTag.Object())
                .toJavaRDD()
                .collect();
    }

    private Set<Integer> eosTokens() {
        return initial == null ? Set.of() : initial.checkpoint().eosTokens();
    }

    private TrainingSummary finish(TrainingFolder folder, int ids, long samples, int sinkToken) throws IOException {
        Architecture architecture = shape.architecture(ids);
        SavedState end = folder.latest(architecture.decoder()).orElseThrow();
        Optional<LogEntry> best = plan.patienceRule().best(end.log());
        SavedState saved = best.isEmpty() ? end : folder.state(best.get().step(), architecture.decoder());
        if (text.columns().tokens() == null) {
            String json = folder.read(TOKENIZER_FILE);
            folder.writeModelFile(TOKENIZER_FILE, json.getBytes(StandardCharsets.UTF_8));
            folder.writeModelFile("tokenizer_config.json", HubFolder.tokenizerConfig(json, shape.context(), sinkToken));
        }
        folder.writeModelFile("loss.csv", TrainingFolder.csv(end.log()).getBytes(StandardCharsets.UTF_8));
        folder.writeModelFile("loss.png", LossPlot.png(end.log()));
        folder.writeModelFile(WEIGHTS_FILE, HubFolder.weights(architecture, saved.state(), type));
        // With it the model is there.
        folder.writeModelFile(CONFIG_FILE, HubFolder.config(architecture, sinkToken, eosTokens(), type));
        folder.end();
        LogEntry last = saved.log().get(saved.log().size() - 1);
        return new TrainingSummary(architecture.decoder().parameters(), ids, samples, end.step(), last);
    }
}
