package io.sinkstream.decoder;

import io.sinkstream.cache.ChunkPlan;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.settings.TokenDetails;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The rows of all chunks, packed as the program takes them: the streams of slabs first. */
final class PassRows {
    private final List<Chunk> chunks;
    private final Slab.Order order;
    private final long[] plans;
    private final int count;
    private final long[] ids;
    private final long[] scored;
    private final long[] last;
    private final long[] drawn;
    private final long[] slabs;
    private final long[] padded;
    private final long[] valid;
    private boolean early;

    PassRows(List<Chunk> chunks, int kinds) {
        this.chunks = chunks;
        List<List<ChunkPlan>> planned = chunks.stream()
                .map(chunk -> chunk.cache().reserve(chunk.tokens().length))
                .toList();
        List<Slab.Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < chunks.size(); i++) {
            KeyValueCache cache = chunks.get(i).cache();
            candidates.add(new Slab.Candidate(
                    chunks.get(i).tokens().length,
                    planned.get(i).stream().anyMatch(plan -> plan.sinkRows() > 0),
                    cache.slots(),
                    cache.layerBytes()));
        }
        this.order = Slab.order(candidates);
        this.count = chunks.stream().mapToInt(chunk -> chunk.tokens().length).sum();
        this.plans = new long[chunks.size() * kinds * ChunkPlan.NUMBERS];
        this.ids = new long[2 * count];
        int targets = chunks.stream().mapToInt(PassRows::targets).sum();
        this.scored = new long[2 * targets];
        this.last = new long[(int) chunks.stream().filter(Chunk::isLikeliest).count()];
        this.drawn = new long[(int) chunks.stream().filter(Chunk::isDrawn).count()];
        int at = 0;
        int row = 0;
        int score = 0;
        int next = 0;
        int draw = 0;
        for (int index : order.chunks()) {
            Chunk chunk = chunks.get(index);
            KeyValueCache cache = chunk.cache();
            for (ChunkPlan plan : planned.get(index)) {
                plan.writeTo(plans, at);
                at += ChunkPlan.NUMBERS;
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
            if (chunk.isLikeliest()) {
                last[next++] = row - 1L;
            } else if (chunk.isDrawn()) {
                drawn[draw++] = row - 1L;
            }
        }
        this.slabs = new long[order.slabs().size() * Slab.NUMBERS];
        this.padded = new long
                [order.slabs().stream()
                        .mapToInt(slab -> slab.streams() * slab.rows())
                        .sum()];
        this.valid = new long[order.slabs().stream().mapToInt(Slab::valid).sum()];
        pad();
    }

    private static int targets(Chunk chunk) {
        return (int) Arrays.stream(chunk.targets()).filter(t -> t >= 0).count();
    }

    private void pad() {
        int stream = 0;
        int row = 0;
        int place = 0;
        for (int i = 0; i < order.slabs().size(); i++) {
            Slab slab = order.slabs().get(i);
            slab.writeTo(slabs, i * Slab.NUMBERS);
            for (int j = 0; j < slab.streams(); j++) {
                int rows = chunks.get(order.chunks().get(stream++)).tokens().length;
                for (int k = 0; k < slab.rows(); k++) {
                    padded[place++] = (long) row + Math.min(k, rows - 1);
                }
                for (int k = 0; k < rows; k++) {
                    valid[row++] = (long) j * slab.rows() + k;
                }
            }
        }
    }

    /** The chunks as the rows have them. */
    List<Chunk> ordered() {
        return order.chunks().stream().map(chunks::get).toList();
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

    /** What serves all that is wanted of the tokens there. */
    TokenDetails details() {
        return chunks.stream().map(Chunk::details).reduce(TokenDetails.NONE, TokenDetails::and);
    }

    /** Rows whose likeliest next token is wanted. */
    long[] last() {
        return last;
    }

    /** Rows whose next token is chosen. */
    long[] drawn() {
        return drawn;
    }

    /** Who chooses there. */
    List<TokenChooser> choosers() {
        return ordered().stream().filter(Chunk::isDrawn).map(Chunk::chooser).toList();
    }

    /** The slabs' numbers. */
    long[] slabs() {
        return slabs;
    }

    /** Of each slab's rows, padding included, which they are: padding is its stream's last. */
    long[] padded() {
        return padded;
    }

    /** Where each row of a slab is among those. */
    long[] valid() {
        return valid;
    }

    /**
     * The chunks' results, in the order in which the chunks were given.
     *
     * @param numbers what the program gave
     * @param chosen what {@link #choosers} have chosen
     */
    List<ChunkResult> results(double[] numbers, List<TokenDraw.Drawn> chosen) {
        ChunkResult[] results = new ChunkResult[chunks.size()];
        TokenDetails all = details();
        int targets = scored.length / 2;
        int score = 0;
        int next = targets * (1 + all.numbers());
        int draw = 0;
        for (int index : order.chunks()) {
            Chunk chunk = chunks.get(index);
            double[] nll = new double[chunk.tokens().length];
            TokenDetails wanted = chunk.details();
            double[] details = wanted.unknown(nll.length);
            Arrays.fill(nll, Double.NaN);
            for (int i = 0; i < nll.length; i++) {
                if (chunk.targets()[i] >= 0) {
                    nll[i] = numbers[score];
                    wanted.take(all, numbers, targets + score * all.numbers(), details, i * wanted.numbers());
                    score++;
                }
            }
            if (chunk.isLikeliest()) {
                results[index] = new ChunkResult(nll, (int) numbers[next], numbers[next++ + last.length], details);
            } else if (chunk.isDrawn()) {
                TokenDraw.Drawn token = chosen.get(draw++);
                results[index] = new ChunkResult(nll, token.token(), token.nll(), details);
            } else {
                results[index] = new ChunkResult(nll, -1, Double.NaN, details);
            }
        }
        return List.of(results);
    }
}
