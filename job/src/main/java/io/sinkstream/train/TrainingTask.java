package io.sinkstream.train;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.sinkstream.batch.TaskGpu;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TrainingSettings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.TorchEngine;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkEnv;
import scala.Tuple2;

/**
 * One replica: trains its copy of the model on the samples of its partition, and meets the others for the mean. It begins with
 * the last state that is in the folder.
 *
 * @param allSteps of the training
 */
record TrainingTask(
        ModelShape shape, int vocabulary, TrainingPlan plan, int allSteps, TrainingFolder folder, TrainingCounts counts)
        implements Serializable {
    private static final String DTYPE = "dtype.txt";

    /** Samples by their number, those for validation apart. */
    private record Samples(List<int[]> training, List<int[]> validation) {}

    /** Trains to the end. */
    void run(Iterator<Tuple2<Long, int[]>> partition, BarrierTaskContext context) throws IOException {
        Samples samples = samples(partition);
        if (samples.training().isEmpty()) {
            throw new UserException(TrainingSettings.REPLICAS + ": one of " + plan.replicas()
                    + " replicas has no sample to train on; give fewer, a shorter " + TrainingSettings.CONTEXT
                    + " or more text");
        }
        Architecture architecture = shape.architecture(vocabulary);
        DecoderSpec spec = architecture.decoder();
        SavedState saved =
                folder.latest(spec).orElseGet(() -> new SavedState(TrainingState.begin(spec, plan.seed()), List.of()));
        ComputeOptions compute = ComputeOptions.DEFAULTS
                .withDtype("float32")
                .withDevice(plan.device())
                .withGpu(TaskGpu.index(context.resourcesJMap()).orElse(0));
        String host = SparkEnv.get().blockManager().blockManagerId().host();
        int rank = context.partitionId();
        try (NDManager manager = TorchEngine.newManager(compute);
                Averaging others = Averaging.join(
                        rank,
                        plan.replicas(),
                        host,
                        told -> context.allGather(told[0]),
                        context::killTaskIfInterrupted)) {
            // Said, it holds for MKL, too, which otherwise takes as many as it sees fit: sums of other threads are
            // other numbers.
            JniUtils.setNumThreads(JniUtils.getNumThreads());
            Optimization optimization = plan.optimization(allSteps);
            // All replicas compute alike, so that their mean is one of equals.
            NumberType products = NumberType.valueOf(context.allGather(
                            rank == 0
                                    ? agreedProducts(architecture, optimization, saved.state(), samples, manager)
                                            .name()
                                    : "")[0]);
            try (Trainer trainer = new Trainer(architecture, optimization, products, saved.state(), manager)) {
                new Run(
                                this,
                                trainer,
                                optimization,
                                samples.training(),
                                samples.validation(),
                                others,
                                context,
                                products)
                        .from(saved);
            }
        }
    }

    private Samples samples(Iterator<Tuple2<Long, int[]>> partition) {
        List<Tuple2<Long, int[]>> all = new ArrayList<>();
        partition.forEachRemaining(all::add);
        all.sort(Comparator.comparing(Tuple2::_1));
        List<int[]> training = new ArrayList<>();
        List<int[]> validation = new ArrayList<>();
        for (Tuple2<Long, int[]> sample : all) {
            (isForValidation(sample._1()) ? validation : training).add(sample._2());
        }
        return new Samples(training, validation);
    }

    /** By its number alone, so that no sample changes sides. */
    private boolean isForValidation(long number) {
        long mixed = (number + 1 + 0x9E3779B97F4A7C15L * (plan.seed() + 1L)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return ((mixed ^ mixed >>> 31) >>> 11) * 0x1p-53 < plan.validation();
    }

    /** What was chosen when the training began, which a run that goes on keeps to: its numbers are to be the same. */
    private NumberType agreedProducts(
            Architecture architecture,
            Optimization optimization,
            TrainingState state,
            Samples samples,
            NDManager manager)
            throws IOException {
        if (folder.has(DTYPE)) {
            return NumberType.valueOf(folder.read(DTYPE));
        }
        NumberType chosen = products(architecture, optimization, state, samples, manager);
        folder.write(DTYPE, chosen.name());
        return chosen;
    }

    /** What products are computed in: what is asked for, or whatever is the faster here. */
    private NumberType products(
            Architecture architecture,
            Optimization optimization,
            TrainingState state,
            Samples samples,
            NDManager manager) {
        if (!plan.dtype().equals("auto")) {
            return NumberType.valueOf(plan.dtype().toUpperCase(Locale.ROOT));
        }
        if (manager.getDevice().isGpu()) {
            return NumberType.BFLOAT16;
        }
        int[][] some = new int[plan.microBatch()][];
        for (int i = 0; i < some.length; i++) {
            some[i] = shown(samples.training().get(i % samples.training().size()), i);
        }
        long single = nanos(architecture, optimization, NumberType.FLOAT32, state, some, manager);
        long half = nanos(architecture, optimization, NumberType.BFLOAT16, state, some, manager);
        return half < single ? NumberType.BFLOAT16 : NumberType.FLOAT32;
    }

    /** A sample as the model sees it, tokens of an encoder's hidden. */
    private int[] shown(int[] sample, long draw) {
        return shape.span().isCausal() ? sample : HiddenTokens.of(sample, shape.front(), 31 * draw + plan.seed());
    }

    private static long nanos(
            Architecture architecture,
            Optimization optimization,
            NumberType products,
            TrainingState state,
            int[][] some,
            NDManager manager) {
        try (Trainer trainer = new Trainer(architecture, optimization, products, state, manager)) {
            // The first call makes what later ones use again.
            var unused = trainer.accumulate(some);
            long start = System.nanoTime();
            var unusedToo = trainer.accumulate(some);
            return System.nanoTime() - start;
        }
    }

    /** The steps of one run. */
    private static final class Run {
        private final TrainingTask task;
        private final TrainingPlan plan;
        private final Trainer trainer;
        private final Optimization optimization;
        private final List<int[]> training;
        private final List<int[]> validation;
        private final Averaging others;
        private final BarrierTaskContext context;
        private final NumberType products;
        private final SampleOrder order;

        Run(
                TrainingTask task,
                Trainer trainer,
                Optimization optimization,
                List<int[]> training,
                List<int[]> validation,
                Averaging others,
                BarrierTaskContext context,
                NumberType products) {
            this.task = task;
            this.plan = task.plan();
            this.trainer = trainer;
            this.optimization = optimization;
            this.training = training;
            this.validation = validation;
            this.others = others;
            this.context = context;
            this.products = products;
            // Replicas go through their samples each in an order of its own.
            this.order = new SampleOrder(training.size(), plan.seed() * 1_000_003L + context.partitionId());
        }

        void from(SavedState saved) throws IOException {
            boolean isFirst = context.partitionId() == 0;
            List<LogEntry> log = new ArrayList<>(saved.log());
            int begun = saved.step();
            double before = log.isEmpty() ? 0 : log.get(log.size() - 1).seconds();
            long tokensPerStep =
                    (long) plan.replicas() * plan.batch() * task.shape().context();
            double told = Double.NaN;
            long start = System.nanoTime();
            boolean isOver = plan.patienceRule().isOver(log);
            for (int step = begun; step < task.allSteps() && !isOver; step++) {
                double loss = batch(step);
                double rate = optimization.rateOf(step);
                double norm = trainer.step(step, rate);
                if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
                    throw new UserException(TrainingSettings.LEARNING_RATE + ": the loss of step " + (step + 1) + " is "
                            + loss + " and its gradients' norm " + norm + "; train again with a smaller one than "
                            + plan.rate());
                }
                int done = step + 1;
                boolean saves = done % plan.saveEvery() == 0 || done == task.allSteps();
                if (plan.replicas() > 1 && (saves || done % plan.averageEvery() == 0)) {
                    average();
                }
                double onValidation = saves ? validation() : Double.NaN;
                told = saves ? onValidation : told;
                double seconds = (System.nanoTime() - start) / 1e9;
                LogEntry entry =
                        new LogEntry(done, done * tokensPerStep, loss, onValidation, norm, rate, before + seconds);
                log.add(entry);
                isOver = saves && plan.patienceRule().isOver(log);
                if (isFirst) {
                    task.counts()
                            .add(new TrainingCounts.Progress(
                                    task.allSteps(),
                                    entry,
                                    told,
                                    begun,
                                    (done - begun) * tokensPerStep / seconds,
                                    products.toString()));
                    if (saves) {
                        task.folder()
                                .save(
                                        new SavedState(trainer.state(), log),
                                        task.shape()
                                                .architecture(task.vocabulary())
                                                .decoder(),
                                        plan.patienceRule());
                    }
                }
            }
            // Nobody goes before the last state is kept.
            context.barrier();
        }

        /** The mean loss of a step's samples, whose gradients are added up. */
        private double batch(int step) {
            double sum = 0;
            for (int from = 0; from < plan.batch(); from += plan.microBatch()) {
                context.killTaskIfInterrupted();
                int count = Math.min(plan.microBatch(), plan.batch() - from);
                int[][] samples = new int[count][];
                for (int i = 0; i < count; i++) {
                    long taken = (long) step * plan.batch() + from + i;
                    // Others are hidden each time that a sample comes, as RoBERTa has it.
                    samples[i] = task.shown(training.get(order.sample(taken)), taken);
                }
                sum += count * trainer.accumulate(samples);
            }
            return sum / plan.batch();
        }

        private void average() throws IOException {
            TrainingState state = trainer.state();
            others.average(state.weights());
            others.average(state.first());
            others.average(state.second());
            trainer.set(state);
        }

        /** The mean loss of all replicas' validation samples; NaN without any. */
        private double validation() throws IOException {
            double sum = 0;
            for (int from = 0; from < validation.size(); from += plan.microBatch()) {
                context.killTaskIfInterrupted();
                int count = Math.min(plan.microBatch(), validation.size() - from);
                int[][] some = new int[count][];
                for (int i = 0; i < count; i++) {
                    some[i] = task.shown(validation.get(from + i), from + i);
                }
                sum += count * trainer.evaluate(some);
            }
            float[] mean = {(float) sum, validation.size()};
            others.average(List.of(mean));
            return (double) mean[0] / mean[1];
        }
    }
}
