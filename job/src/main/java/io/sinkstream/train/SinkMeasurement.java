package io.sinkstream.train;

import ai.djl.ndarray.NDManager;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamUpdate;
import io.sinkstream.stream.TorchEngine;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What one trained variant does on held-out streams, in fp32 on this machine.
 *
 * @param folder of the model, with config and weights
 * @param shape what was trained
 * @param plan how
 * @param streams the token ids of each, without a learned sink's
 */
record SinkMeasurement(Path folder, ModelShape shape, TrainingPlan plan, List<int[]> streams) {
    /** How many streams go through the model at a time. */
    private static final int TOGETHER = 8;

    /** How many contexts' attention is looked at. */
    private static final int CONTEXTS = 16;

    /**
     * The perplexity under the streaming rule with S and R, S + R = T, of what follows the first T tokens of each stream:
     * before, every S sees the same.
     */
    SinkReport.Score score(int sinks) {
        int window = shape.context() - sinks;
        int[] front = front();
        ModelOptions options =
                ModelOptions.of(folder).withAttention(sinks, window).withCompute(compute(plan));
        double nll = 0;
        long tokens = 0;
        try (StreamModel model = StreamModel.open(options)) {
            List<int[]> all =
                    streams.stream().filter(ids -> ids.length > shape.context()).toList();
            for (int from = 0; from < all.size(); from += TOGETHER) {
                List<StreamUpdate> updates = all.subList(from, Math.min(all.size(), from + TOGETHER)).stream()
                        .map(ids -> StreamUpdate.score(null, model.start(), joined(front, ids)))
                        .toList();
                for (StreamResult result : model.advance(updates)) {
                    double[] each = result.advanced().nll();
                    int first = front.length + shape.context();
                    nll += Arrays.stream(each, first, each.length).sum();
                    tokens += each.length - first;
                }
            }
        }
        return new SinkReport.Score(shape.sink(), sinks, window, Math.exp(nll / tokens), tokens);
    }

    /** Where attention goes in the first T tokens of some streams, layer by layer. */
    List<SinkReport.Attention> attention() {
        Checkpoint checkpoint = Checkpoint.open(folder);
        Architecture architecture = shape.architecture(checkpoint.config().requireInt("vocab_size", 1));
        int[] front = front();
        List<int[]> contexts = streams.stream()
                .map(ids -> joined(front, ids))
                .filter(ids -> ids.length >= shape.context())
                .limit(CONTEXTS)
                .map(ids -> Arrays.copyOf(ids, shape.context()))
                .toList();
        double[][] sums = new double[shape.layers()][3];
        try (NDManager manager = TorchEngine.newManager(compute(plan));
                Trainer trainer = new Trainer(
                        architecture,
                        plan.optimization(1),
                        NumberType.FLOAT32,
                        TrainingState.of(HubFolder.weights(checkpoint, architecture)),
                        manager)) {
            for (int[] context : contexts) {
                double[][] shares = trainer.shares(context);
                for (int layer = 0; layer < sums.length; layer++) {
                    for (int i = 0; i < sums[layer].length; i++) {
                        sums[layer][i] += shares[layer][i] / contexts.size();
                    }
                }
            }
        }
        boolean isVirtual = shape.sink() == TrainedSink.ZERO || shape.sink() == TrainedSink.HEAD;
        return IntStream.range(0, sums.length)
                .mapToObj(layer -> new SinkReport.Attention(
                        shape.sink(), layer, sums[layer][0], sums[layer][1], isVirtual ? sums[layer][2] : Double.NaN))
                .toList();
    }

    /**
     * On a driver there may be no GPU, wherever the training was. Without copies of the weights there is no form of them to be
     * chosen by its speed, so that the same models give the same numbers again.
     */
    static ComputeOptions compute(TrainingPlan plan) {
        return ComputeOptions.DEFAULTS
                .withDtype("float32")
                .withCacheDtype("float32")
                .withWeightBytes(0)
                .withDevice(plan.device().equals("cpu") ? "cpu" : "auto");
    }

    /** What stands in front of every stream. */
    private int[] front() {
        return shape.sink() == TrainedSink.LEARNABLE
                ? new int[] {Checkpoint.open(folder).config().requireInt(HubFolder.SINK_TOKEN, 0)}
                : new int[0];
    }

    private static int[] joined(int[] front, int[] ids) {
        return IntStream.concat(Arrays.stream(front), Arrays.stream(ids)).toArray();
    }
}
