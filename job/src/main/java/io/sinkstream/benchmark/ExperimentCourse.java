package io.sinkstream.benchmark;

import io.sinkstream.batch.ModelSource;
import io.sinkstream.settings.Experiment;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import org.apache.spark.SparkContext;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;

/** One experiment from its first row to its last, block by block. For one thread. */
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
    private final long history;
    private final ExperimentFiles files;
    private final String name;
    private int done;
    private double sum;
    private int beyond;
    private double sumBeyond;

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
        // Of a cache that is kept, the pending token too.
        this.history = context > 0 ? context - 1 : influence + 1;
        this.files = form.files(experiment);
        this.name = PerplexityExperiments.name(experiment) + " " + UUID.randomUUID();
    }

    /** Takes the rows that are there, or begins with none. */
    void begin() throws IOException {
        if (form.start() == PerplexityExperiments.Start.RESUME) {
            files.resume(terms()).forEach(this::known);
        } else {
            files.begin(terms());
        }
    }

    /** What numbers depend on. */
    private Map<String, String> terms() {
        Map<String, String> terms = new LinkedHashMap<>();
        terms.put("model", model.fingerprint());
        terms.put("sinks", "" + model.options().sinks());
        terms.put("window", "" + model.options().window());
        terms.put("dtype", model.options().compute().dtype());
        terms.put("cache_dtype", model.options().compute().cacheDtype());
        terms.put("predictions", "" + predictions.count());
        terms.put("texts", predictions.digest());
        return terms;
    }

    private void known(double nll) {
        done++;
        sum += nll;
        if (done > form.cache()) {
            beyond++;
            sumBeyond += nll;
        }
    }

    /** Measures what is left, and writes it block by block. */
    PerplexityRow run(SparkContext spark, PerplexityExperiments.Progress progress) throws IOException {
        long start = System.nanoTime();
        int before = done;
        int size = SHORTEST;
        long hash = 0;
        String place = null;
        while (done < predictions.count()) {
            if (Thread.currentThread().isInterrupted()) {
                throw new CancellationException("another experiment has failed");
            }
            long blockStart = System.nanoTime();
            int end = Math.min(predictions.count(), done + size);
            ExperimentBlock.Measured measured = measure(spark, block(end, hash), place, end);
            files.append(measured, done, sum);
            for (double nll : measured.nll()) {
                known(nll);
            }
            hash = measured.hash();
            place = measured.place();
            double seconds = (System.nanoTime() - blockStart) / 1e9;
            progress.measured(experiment, done, predictions.count(), sum / done, measured.nll().length / seconds);
            size = next(size, seconds);
        }
        files.end(Math.exp(sum / done));
        return new PerplexityRow(
                experiment,
                model.options().sinks(),
                model.options().window(),
                done,
                sum / done,
                beyond,
                sumBeyond / beyond,
                done - before,
                (System.nanoTime() - start) / 1e9);
    }

    private static int next(int size, double seconds) {
        if (seconds < SECONDS / 2) {
            return Math.min(2 * size, LONGEST);
        }
        return seconds > SECONDS * 2 ? Math.max(size / 2, SHORTEST / 4) : size;
    }

    private ExperimentBlock block(int end, long hash) {
        return new ExperimentBlock(
                name,
                model,
                context,
                predictions.stretches(done, end, model.options().sinks(), history),
                hash,
                form.isSingle() ? 1 : model.options().chunk());
    }

    /** Spark gives the block to the executor that has the stream's cache, if it can soon. */
    private ExperimentBlock.Measured measure(SparkContext spark, ExperimentBlock block, String place, int end) {
        spark.setJobDescription("perplexity " + PerplexityExperiments.name(experiment) + ", tokens to " + end);
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
