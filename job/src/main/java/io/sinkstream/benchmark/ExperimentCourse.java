package io.sinkstream.benchmark;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.batch.SplitStreams;
import io.sinkstream.settings.Experiment;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.spark.SparkContext;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;

/**
 * One experiment from its first row to its last: each of its segments block by block, by one thread. A segment's first block
 * finds no cache, so it is run from tokens, as one is whose executor was lost: that is all that a warm-up is.
 */
final class ExperimentCourse {
    /** The first block, and how many tokens one has at most: it is written when it is done. */
    private static final int SHORTEST = 64;

    private static final int LONGEST = 16_384;

    /** A block takes about so many seconds: short, so that little is lost, beside what starting a task takes long. */
    private static final double SECONDS = 3;

    private final Experiment experiment;
    private final PerplexityExperiments.Form form;
    private final Predictions predictions;
    private final ModelSource model;
    private final int context;
    private final int step;
    private final int count;
    private final long history;
    private final ExperimentFiles files;
    private final String name;
    private final long warmUp;
    private final List<Segment> segments;
    private final OrderedRows rows;
    private final AtomicLong start = new AtomicLong();
    private int before;
    private volatile long ended;

    /**
     * One without rows.
     *
     * @throws UserException if the model can't be run under the experiment's rule
     */
    ExperimentCourse(Experiment experiment, PerplexityExperiments.Form form, Predictions predictions) {
        this.experiment = experiment;
        this.form = form;
        this.predictions = predictions;
        this.model = ExperimentModels.of(experiment, form.model(), predictions.longest())
                .onExecutors();
        long influence = model.describe().historyTokens();
        this.context = ExperimentModels.context(experiment, form.model());
        this.step = form.step(experiment);
        this.count = predictions.count() / step;
        if (count == 0) {
            throw new UserException(ExperimentSettings.RECOMPUTE_EVERY + " " + step + ": only " + predictions.count()
                    + " tokens are predicted; give at most as many");
        }
        // Of a cache that is kept, the pending token too.
        this.history = context > 0 ? context - 1 : influence + 1;
        this.files = form.files(experiment);
        this.name = PerplexityExperiments.name(experiment) + " " + UUID.randomUUID();
        this.warmUp = context > 0 ? 0 : Math.min(model.options().sinks() + history, predictions.longest());
        this.segments = Segment.cut(count, form.parallel(), warmUp);
        this.rows = new OrderedRows(files, segments, form.cache() / step, form.recomputeEvery() / step);
    }

    /** How many segments run, each by itself. */
    int segments() {
        return segments.size();
    }

    /** Why there are fewer segments than were asked for; empty if there are as many. */
    Optional<String> shortage() {
        int wanted = Math.min(form.parallel(), count);
        if (segments.size() == wanted) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "%s %d: %s runs %s, since each more costs %,d tokens of warm-up, and all together may cost %.0f%% of"
                        + " the %,d that are predicted",
                ExperimentSettings.PARALLEL,
                form.parallel(),
                PerplexityExperiments.name(experiment),
                segments.size() == 1 ? "unsplit" : "in " + segments.size() + " segments",
                warmUp,
                100 * SplitStreams.MOST_WARM_UP,
                count));
    }

    /** Takes the rows that are there, or begins with none. */
    void begin() throws IOException {
        if (form.start() == PerplexityExperiments.Start.RESUME) {
            rows.resume(files.resume(terms()));
        } else {
            files.begin(terms());
        }
        before = rows.done();
    }

    /** What numbers depend on. */
    private Map<String, String> terms() {
        Map<String, String> terms = new LinkedHashMap<>();
        terms.put("model", model.fingerprint());
        terms.put("sinks", "" + model.options().sinks());
        terms.put("window", "" + model.options().window());
        terms.put("dtype", model.options().compute().dtype());
        terms.put("cache_dtype", model.options().compute().cacheDtype());
        terms.put("predictions", count + (step == 1 ? "" : ", each " + step + "."));
        terms.put("texts", predictions.digest());
        return terms;
    }

    /** Measures what is left of a segment, and writes it block by block. */
    void run(int segment, SparkContext spark, PerplexityExperiments.Progress progress) throws IOException {
        start.compareAndSet(0, System.nanoTime());
        int size = SHORTEST;
        long hash = 0;
        String place = null;
        int end = segments.get(segment).to();
        while (rows.next(segment) < end) {
            if (Thread.currentThread().isInterrupted()) {
                throw new CancellationException("another experiment has failed");
            }
            long blockStart = System.nanoTime();
            int from = rows.next(segment);
            ExperimentBlock block = block(segment, from, Math.min(end, from + size), hash);
            ExperimentBlock.Measured measured = measure(spark, block, place, from);
            rows.add(segment, measured);
            hash = measured.hash();
            place = measured.place();
            double seconds = (System.nanoTime() - blockStart) / 1e9;
            progress.measured(experiment, rows.done(), count, rows.nll(), measured.nll().length / seconds);
            size = next(size, seconds);
        }
        ended = System.nanoTime();
    }

    /** What it has found, once all segments have run. */
    PerplexityRow found() {
        return new PerplexityRow(
                experiment,
                model.options().sinks(),
                model.options().window(),
                rows.done(),
                rows.nll(),
                rows.beyond(),
                rows.nllBeyond(),
                rows.nllShared(),
                rows.done() - before,
                (ended - start.get()) / 1e9);
    }

    private static int next(int size, double seconds) {
        if (seconds < SECONDS / 2) {
            return Math.min(2 * size, LONGEST);
        }
        return seconds > SECONDS * 2 ? Math.max(size / 2, SHORTEST / 4) : size;
    }

    private ExperimentBlock block(int segment, int from, int to, long hash) {
        return new ExperimentBlock(
                name + " " + segment,
                model,
                context,
                step,
                predictions.stretches(from * step, to * step, model.options().sinks(), history),
                hash,
                form.isSingle() ? 1 : model.options().chunk(),
                to == segments.get(segment).to());
    }

    /** Spark gives the block to the executor that has the stream's cache, if it can soon. */
    private ExperimentBlock.Measured measure(SparkContext spark, ExperimentBlock block, String place, int from) {
        spark.setJobDescription(
                "perplexity " + PerplexityExperiments.name(experiment) + ", tokens from " + from * step);
        List<String> places = place == null ? List.of() : List.of(place);
        Seq<Tuple2<ExperimentBlock, Seq<String>>> one = seq(List.of(new Tuple2<>(block, seq(places))));
        return spark.makeRDD(one, ClassTag.<ExperimentBlock>apply(ExperimentBlock.class))
                .toJavaRDD()
                .map(ExperimentBlock.TASK)
                .collect()
                .get(0);
    }

    private static <T> Seq<T> seq(List<T> list) {
        return CollectionConverters.asScala(list).toSeq();
    }
}
