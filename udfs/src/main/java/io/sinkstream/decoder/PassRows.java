package io.sinkstream.decoder;

import io.sinkstream.cache.ChunkPlan;
import io.sinkstream.cache.KeyValueCache;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The rows of all chunks, packed as the program takes them. */
final class PassRows {
    private final List<Chunk> chunks;
    private final long[] plans;
    private final int count;
    private final long[] ids;
    private final long[] scored;
    private final long[] last;
    private boolean early;

    PassRows(List<Chunk> chunks, int kinds) {
        this.chunks = chunks;
        this.count = chunks.stream().mapToInt(chunk -> chunk.tokens().length).sum();
        this.plans = new long[chunks.size() * kinds * ChunkPlan.NUMBERS];
        this.ids = new long[2 * count];
        int targets = chunks.stream().mapToInt(PassRows::targets).sum();
        this.scored = new long[2 * targets];
        this.last = new long[(int) chunks.stream().filter(Chunk::next).count()];
        int planned = 0;
        int row = 0;
        int score = 0;
        int next = 0;
        for (Chunk chunk : chunks) {
            KeyValueCache cache = chunk.cache();
            for (ChunkPlan plan : cache.reserve(chunk.tokens().length)) {
                plan.writeTo(plans, planned);
                planned += ChunkPlan.NUMBERS;
            }
            early |= cache.unsettled();
            for (int i = 0; i < chunk.tokens().length; i++, row++) {
                ids[row] = chunk.tokens()[i];
                ids[count + row] = cache.end() + i;
                if (chunk.targets()[i] >= 0) {
                    scored[score] = row;
                    scored[targets + score] = chunk.targets()[i];
                    score++;
                }
            }
            if (chunk.next()) {
                last[next++] = row - 1L;
            }
        }
    }

    private static int targets(Chunk chunk) {
        return (int) Arrays.stream(chunk.targets()).filter(t -> t >= 0).count();
    }

    /** How many rows there are. */
    int count() {
        return count;
    }

    /** The plans' numbers, stream by stream, kind by kind. */
    long[] plans() {
        return plans;
    }

    /** Tokens, then positions. */
    long[] ids() {
        return ids;
    }

    /** Whether some row's sinks are not settled. */
    boolean early() {
        return early;
    }

    /** Rows to score, then the tokens to score there. */
    long[] scored() {
        return scored;
    }

    /** Rows whose next token is wanted. */
    long[] last() {
        return last;
    }

    /** The chunks' results, from the numbers that the program gave. */
    List<ChunkResult> results(double[] numbers) {
        List<ChunkResult> results = new ArrayList<>(chunks.size());
        int score = 0;
        int next = scored.length / 2;
        for (Chunk chunk : chunks) {
            double[] nll = new double[chunk.tokens().length];
            for (int i = 0; i < nll.length; i++) {
                nll[i] = chunk.targets()[i] >= 0 ? numbers[score++] : Double.NaN;
            }
            results.add(
                    chunk.next()
                            ? new ChunkResult(nll, (int) numbers[next], numbers[next++ + last.length])
                            : new ChunkResult(nll, -1, Double.NaN));
        }
        return results;
    }
}
