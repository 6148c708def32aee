package io.sinkstream.decoder;

import io.sinkstream.cache.ChunkPlan;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.settings.TokenDetails;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

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
    private final long[] seen;
    private final long[] slabs;
    private final long[] padded;
    private final long[] valid;
    private boolean early;

    /**
     * The rows of these chunks.
     *
     * @param ordering what makes slabs, or none
     */
    PassRows(List<Chunk> chunks, int kinds, Function<List<Slab.Candidate>, Slab.Order> ordering) {
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
        this.order = ordering.apply(candidates);
        this.count = chunks.stream().mapToInt(chunk -> chunk.tokens().length).sum();
        this.plans = new long[chunks.size() * kinds * ChunkPlan.NUMBERS];
        this.ids = new long[2 * count];
        int targets = chunks.stream().mapToInt(PassRows::targets).sum();
        this.scored = new long[2 * targets];
        List<Long> likeliest = new ArrayList<>();
        List<Long> chosen = new ArrayList<>();
        int at = 0;
        int row = 0;
        int score = 0;
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
            for (int i = 0; i < chunk.predicted(); i++) {
                (chunk.chooser(i) == null ? likeliest : chosen).add((long) row - chunk.predicted() + i);
            }
        }
        this.last = likeliest.stream().mapToLong(Long::longValue).toArray();
        this.drawn = chosen.stream().mapToLong(Long::longValue).toArray();
        this.seen = watched();
        this.slabs = new long[order.slabs().size() * Slab.NUMBERS];
        this.padded = new long
                [order.slabs().stream()
                        .mapToInt(slab -> slab.streams() * slab.rows())
                        .sum()];
        this.valid = new long[order.slabs().stream().mapToInt(Slab::valid).sum()];
        pad();
    }

    private long[] watched() {
        LongStream.Builder rows = LongStream.builder();
        int row = 0;
        for (Chunk chunk : ordered()) {
            for (int end = row + chunk.tokens().length; row < end; row++) {
                if (chunk.hidden()) {
                    rows.add(row);
                }
            }
        }
        return rows.build().toArray();
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

    /** Rows whose hidden state is wanted: first those whose next token is chosen. */
    long[] states() {
        return LongStream.concat(Arrays.stream(drawn), Arrays.stream(seen)).toArray();
    }

    /** How many of them are wanted by chunks. */
    int seen() {
        return seen.length;
    }

    /** Who chooses there. */
    List<TokenChooser> choosers() {
        return ordered().stream()
                .flatMap(chunk -> IntStream.range(0, chunk.predicted()).mapToObj(chunk::chooser))
                .filter(Objects::nonNull)
                .toList();
    }

    /** Whether some tokens are proposed. */
    boolean lookAhead() {
        return chunks.stream().anyMatch(chunk -> chunk.proposal() != null);
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
     * What the chunks gave, in the order in which they were given.
     *
     * @param numbers what the program gave
     * @param chosen what {@link #choosers} have chosen
     * @param states the hidden states that chunks want, in the order of rows
     */
    List<Given> given(double[] numbers, List<TokenDraw.Drawn> chosen, float[] states) {
        Given[] given = new Given[chunks.size()];
        TokenDetails all = details();
        int targets = scored.length / 2;
        int score = 0;
        int next = targets * (1 + all.numbers());
        int draw = 0;
        int state = 0;
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
            int[] tokens = new int[chunk.predicted()];
            double[] costs = new double[tokens.length];
            for (int i = 0; i < tokens.length; i++) {
                if (chunk.chooser(i) == null) {
                    tokens[i] = (int) numbers[next];
                    costs[i] = numbers[next++ + last.length];
                } else {
                    tokens[i] = chosen.get(draw).token();
                    costs[i] = chosen.get(draw++).nll();
                }
            }
            int wide = chunk.hidden() ? nll.length * (states.length / seen.length) : 0;
            float[] hidden = Arrays.copyOfRange(states, state, state + wide);
            state += wide;
            given[index] = new Given(chunk, nll, details, tokens, costs, hidden);
        }
        return List.of(given);
    }

    /**
     * The plans' numbers, of which those of chunks with proposed tokens say where the tokens go that hold.
     *
     * @param results in the order in which the chunks were given
     */
    long[] plansOfAccepted(List<ChunkResult> results) {
        long[] kept = plans.clone();
        int at = 0;
        for (int index : order.chunks()) {
            Chunk chunk = chunks.get(index);
            for (ChunkPlan plan :
                    chunk.cache().reserve(chunk.kept(results.get(index).accepted()))) {
                // Its rows stand among those of the pass as before.
                plan.withRows(chunk.tokens().length).writeTo(kept, at);
                at += ChunkPlan.NUMBERS;
            }
        }
        return kept;
    }

    /**
     * What a pass gave for a chunk.
     *
     * @param nll of each target, nats; NaN where there was none
     * @param details what was wanted of them beside
     * @param next what follows each of the rows after which it is wanted
     * @param nextNll its NLL, nats
     * @param hidden of each row, if they are wanted
     */
    @SuppressWarnings("ArrayRecordComponent") // nothing compares them
    record Given(Chunk chunk, double[] nll, double[] details, int[] next, double[] nextNll, float[] hidden) {
        /** The chunk's result, for which its proposal is asked. */
        ChunkResult result() {
            if (next.length == 0) {
                return new ChunkResult(nll, -1, Double.NaN, details, 0, hidden);
            }
            int accepted = chunk.proposal() == null ? 0 : chunk.proposal().accepted(next, nextNll);
            return accepted < 0
                    ? new ChunkResult(nll, -1, Double.NaN, details, accepted, hidden)
                    : new ChunkResult(nll, next[accepted], nextNll[accepted], details, accepted, hidden);
        }
    }
}
