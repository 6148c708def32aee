package io.sinkstream.benchmark;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is predicted from what, prediction by prediction: the tokens of texts in the order in which they are run. Each text's
 * tokens but the first are predicted, and each but the last is run, as streaming-llm's eval_long_ppl.py does.
 *
 * @param run the token that is run last before each prediction
 * @param targets the token that is predicted
 * @param begins ascending, the predictions before which the cache is empty; the first is 0
 */
@SuppressWarnings("ArrayRecordComponent") // nothing compares them as a whole
record Predictions(int[] run, int[] targets, int[] begins) {
    /**
     * Those of these texts, {@code most} at most.
     *
     * @param isCarried whether a text's predictions see the texts before it
     */
    static Predictions of(List<int[]> texts, boolean isCarried, long most) {
        long all =
                texts.stream().mapToLong(text -> Math.max(0, text.length - 1)).sum();
        int count = Math.toIntExact(Math.min(all, most));
        int[] run = new int[count];
        int[] targets = new int[count];
        List<Integer> begins = new ArrayList<>();
        int at = 0;
        for (int[] text : texts) {
            int taken = Math.min(text.length - 1, count - at);
            if (taken < 1) {
                continue;
            }
            if (begins.isEmpty() || !isCarried) {
                begins.add(at);
            }
            System.arraycopy(text, 0, run, at, taken);
            System.arraycopy(text, 1, targets, at, taken);
            at += taken;
        }
        return new Predictions(
                run, targets, begins.stream().mapToInt(begin -> begin).toArray());
    }

    int count() {
        return run.length;
    }

    /** The most predictions that one cache serves. */
    int longest() {
        return IntStream.range(0, begins.length)
                .map(i -> (i + 1 < begins.length ? begins[i + 1] : count()) - begins[i])
                .max()
                .orElse(0);
    }

    /**
     * The predictions from {@code from} to {@code to}, cut where a cache begins.
     *
     * @param sinks how many first tokens of a stream a prediction needs
     * @param history how many tokens before its own it needs
     */
    List<Stretch> stretches(int from, int to, int sinks, long history) {
        List<Stretch> stretches = new ArrayList<>();
        int at = from;
        while (at < to) {
            int stream = streamOf(at);
            int begin = begins[stream];
            int end = stream + 1 < begins.length ? Math.min(to, begins[stream + 1]) : to;
            int kept = (int) Math.min(history, at - begin);
            stretches.add(new Stretch(
                    at,
                    stream,
                    at - begin,
                    Arrays.copyOfRange(run, begin, begin + Math.min(sinks, at - begin)),
                    Arrays.copyOfRange(run, at - kept, at),
                    Arrays.copyOfRange(run, at, end),
                    Arrays.copyOfRange(targets, at, end)));
            at = end;
        }
        return stretches;
    }

    private int streamOf(int prediction) {
        int found = Arrays.binarySearch(begins, prediction);
        return found >= 0 ? found : -found - 2;
    }

    /** A digest of all of it. */
    String digest() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (int[] numbers : List.of(run, targets, begins)) {
                ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * numbers.length);
                bytes.asIntBuffer().put(numbers);
                digest.update(bytes.array());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
