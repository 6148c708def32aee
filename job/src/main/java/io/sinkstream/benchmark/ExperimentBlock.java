package io.sinkstream.benchmark;

import io.sinkstream.batch.ExecutorModel;
import io.sinkstream.batch.ModelSource;
import io.sinkstream.rows.FiniteNumbers;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.function.Function;

/**
 * What one task measures of an experiment: some predictions, one after another. The stream's cache stays with the executor's
 * model, where the next block finds it; a block that does not is run from tokens.
 *
 * @param name of the run and the experiment, which caches are kept under
 * @param model the experiment's model, with its S and R
 * @param context how many tokens each prediction is computed anew from, 0 where caches are kept
 * @param step each so many-th of all predictions is made, the others only run; 1 where caches are kept
 * @param stretches the predictions
 * @param hash {@link Measured#hash} of the block before
 * @param tokens how many predictions one call makes at most: 1 where each is timed alone
 * @param isLast whether no block comes after it, so that its cache can go
 */
record ExperimentBlock(
        String name,
        ModelSource model,
        int context,
        int step,
        List<Stretch> stretches,
        long hash,
        int tokens,
        boolean isLast)
        implements Serializable {
    /** So many contexts are run together, which fill the passes. */
    private static final int TOGETHER = 8;

    private static final double GIB = 1L << 30;

    /**
     * What it gives, prediction by prediction.
     *
     * @param nll nats
     * @param memory what the caches hold, GiB
     * @param latency seconds
     * @param hash of the last stream's state before its last token: what its cache is found by
     * @param place the executor, as Spark takes it for a preferred location
     */
    @SuppressWarnings("ArrayRecordComponent") // nothing compares them as a whole
    record Measured(double[] nll, double[] memory, double[] latency, long hash, String place) implements Serializable {
        /** The rows from {@code first} on. */
        Measured from(int first) {
            return new Measured(
                    Arrays.copyOfRange(nll, first, nll.length),
                    Arrays.copyOfRange(memory, first, nll.length),
                    Arrays.copyOfRange(latency, first, nll.length),
                    hash,
                    place);
        }
    }

    /** The task. */
    static final Function<ExperimentBlock, Measured> TASK = block -> new Run(block).measured();

    private static final class Run {
        private final ExperimentBlock block;
        private final StreamModel model;
        private final double[] nll;
        private final double[] memory;
        private final double[] latency;
        private int done;
        private long hash;

        Run(ExperimentBlock block) {
            this.block = block;
            this.model = ExecutorModel.of(block.model());
            int count = block.stretches().stream()
                    .mapToInt(stretch -> stretch.count(block.step()))
                    .sum();
            this.nll = new double[count];
            this.memory = new double[count];
            this.latency = new double[count];
            this.hash = block.hash();
        }

        Measured measured() {
            for (int i = 0; i < block.stretches().size(); i++) {
                Stretch stretch = block.stretches().get(i);
                if (i > 0) {
                    model.forget(name(stretch.stream() - 1));
                }
                if (block.context() > 0) {
                    recompute(stretch);
                } else {
                    goOn(stretch);
                }
            }
            if (block.isLast()) {
                model.forget(name(block.stretches().get(block.stretches().size() - 1).stream()));
            }
            return new Measured(nll, memory, latency, hash, place());
        }

        private static String place() {
            SparkEnv env = SparkEnv.get();
            return "executor_" + env.blockManager().blockManagerId().host() + "_" + env.executorId();
        }

        private StreamName name(int stream) {
            return new StreamName(block.name(), "" + stream);
        }

        private void goOn(Stretch stretch) {
            int[] run = stretch.run();
            StreamState before = stretch.position() == 0
                    ? model.start()
                    : model.resume(stretch.sinks(), stretch.position(), hash, stretch.history(), true);
            StreamState state = before.append(new int[] {run[0]});
            for (int first = 0; first < run.length; ) {
                int count = stretch.straight(first, block.tokens());
                int end = first + count;
                int[] targets = Arrays.copyOfRange(stretch.targets(), first, end);
                long start = System.nanoTime();
                double[] found = model.advance(StreamUpdate.score(name(stretch.stream()), state, targets))
                        .nll();
                record(found, start, 1);
                before = state.append(Arrays.copyOfRange(run, first + 1, end));
                if (end < run.length) {
                    state = before.append(new int[] {run[end]});
                }
                first = end;
            }
            hash = before.hash();
        }

        private void recompute(Stretch stretch) {
            int known = stretch.history().length;
            int[] all = Arrays.copyOf(stretch.history(), known + stretch.run().length);
            System.arraycopy(stretch.run(), 0, all, known, stretch.run().length);
            int left = stretch.count(block.step());
            for (int next = stretch.start(block.step()); left > 0; ) {
                int count = Math.min(Math.min(TOGETHER, block.tokens()), left);
                List<StreamUpdate> updates = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    int end = known + next + 1;
                    int[] context = Arrays.copyOfRange(all, Math.max(0, end - block.context()), end);
                    updates.add(StreamUpdate.score(
                            name(i), model.start().append(context), new int[] {stretch.targets()[next]}));
                    next += block.step();
                }
                long start = System.nanoTime();
                double[] found = model.advance(updates).stream()
                        .mapToDouble(result -> result.advanced().nll()[0])
                        .toArray();
                record(found, start, count);
                for (int i = 0; i < count; i++) {
                    model.forget(name(i));
                }
                left -= count;
            }
        }

        /** @param caches how many streams' caches there are */
        private void record(double[] found, long start, int caches) {
            double seconds = (System.nanoTime() - start) / 1e9 / found.length;
            double held = model.usage().caches().idleBytes() / GIB / caches;
            for (double number : found) {
                nll[done] = FiniteNumbers.require(number);
                memory[done] = held;
                latency[done] = seconds;
                done++;
            }
        }
    }
}
