package io.sinkstream.train;

import ai.djl.ndarray.NDManager;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.settings.NumberType;
import io.sinkstream.stream.TorchEngine;
import io.sinkstream.train.EncoderReport.Reading;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What one trained encoder does on held-out streams, in fp32 on this machine. The same tokens are hidden in every reading.
 *
 * @param folder of the model, with config and weights
 * @param training how it was trained
 * @param sinks S of the readings that have some
 * @param window R, to each side, of all readings but blocks
 * @param streams the token ids of each, without a learned sink's
 */
record EncoderMeasurement(Path folder, Pretraining training, int sinks, int window, List<int[]> streams) {
    /** A stream is read this many contexts far: all of it is in memory at a time. */
    private static final int CONTEXTS = 64;

    /** What was measured: a mean, and of how many tokens. */
    record Found(double nll, long tokens) {}

    /** What a token sees in that reading. */
    AttentionSpan span(Reading reading) {
        return switch (reading) {
            case BLOCKS -> training.shape().span();
            case WINDOW -> AttentionSpan.window(window);
            case SINKS -> AttentionSpan.seen(sinks, window);
            case GLOBAL -> AttentionSpan.global(sinks, window);
        };
    }

    /** The mean NLL of what is hidden behind each stream's first T tokens. */
    Found read(Reading reading) {
        return read(hidden(), reading);
    }

    /** The mean NLL of what is hidden in these streams, as {@link HiddenTokens} gives them. */
    Found read(List<int[]> hidden, Reading reading) {
        List<int[]> texts = new ArrayList<>();
        for (int[] stream : hidden) {
            texts.addAll(reading == Reading.BLOCKS ? blocks(stream) : List.of(withFront(stream)));
        }
        texts.removeIf(text -> HiddenTokens.count(text) == 0);
        int longest = texts.stream().mapToInt(text -> text.length).max().orElse(1);
        Checkpoint checkpoint = Checkpoint.open(folder);
        Architecture trained = training.shape().architecture(checkpoint.config().requireInt("vocab_size", 1));
        double nll = 0;
        long tokens = 0;
        try (NDManager manager = TorchEngine.newManager(SinkMeasurement.compute(training.plan()));
                Trainer trainer = new Trainer(
                        trained.reading(longest, span(reading)),
                        training.plan().optimization(1),
                        NumberType.FLOAT32,
                        TrainingState.of(HubFolder.weights(checkpoint, trained)),
                        manager)) {
            for (int[] text : texts) {
                long count = HiddenTokens.count(text);
                nll += count * trainer.evaluate(new int[][] {text});
                tokens += count;
            }
        }
        return new Found(nll / tokens, tokens);
    }

    /** The streams that are long enough, as far as they are read, with tokens hidden behind their first T. */
    private List<int[]> hidden() {
        int context = training.shape().context();
        return streams.stream()
                .filter(ids -> ids.length > 2 * context)
                .map(ids -> Arrays.copyOf(ids, Math.min(ids.length, CONTEXTS * context)))
                .map(ids -> HiddenTokens.of(ids, context, training.plan().seed()))
                .toList();
    }

    private List<int[]> blocks(int[] stream) {
        List<int[]> blocks = new ArrayList<>();
        int room = training.shape().context() - training.shape().front();
        for (int from = 0; from < stream.length; from += room) {
            blocks.add(withFront(Arrays.copyOfRange(stream, from, Math.min(stream.length, from + room))));
        }
        return blocks;
    }

    /** With the learned sink in front, where there is one. */
    private int[] withFront(int[] ids) {
        int front = training.shape().front();
        int[] all = new int[front + ids.length];
        if (front > 0) {
            all[0] = Checkpoint.open(folder).config().requireInt(HubFolder.SINK_TOKEN, 0);
        }
        System.arraycopy(ids, 0, all, front, ids.length);
        return all;
    }
}
