package io.sinkstream.benchmark;

import io.sinkstream.batch.SplitStreams;
import java.util.ArrayList;
import java.util.List;

/**
 * A piece of the predictions, which is measured without the others. What a prediction depends on is run first, and not scored:
 * the segment's warm-up.
 *
 * @param from the first prediction
 * @param to the one after the last
 */
record Segment(int from, int to) {
    /**
     * Cuts predictions into at most {@code wanted} segments that take the same time, each with its warm-up. The first one has
     * none and so more predictions.
     *
     * @param count at least 1
     * @param warmUp how many tokens are run before a segment's own
     */
    static List<Segment> cut(int count, int wanted, long warmUp) {
        long paying = warmUp == 0 ? count : 1 + (long) (SplitStreams.MOST_WARM_UP * count / warmUp);
        long parts = Math.max(1, Math.min(Math.min(wanted, count), paying));
        long all = count + (parts - 1) * warmUp;
        List<Segment> segments = new ArrayList<>();
        int from = 0;
        for (long part = 1; part <= parts; part++) {
            int to = (int) (part * all / parts - (part - 1) * warmUp);
            segments.add(new Segment(from, to));
            from = to;
        }
        return segments;
    }
}
