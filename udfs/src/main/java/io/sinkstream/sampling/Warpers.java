package io.sinkstream.sampling;

import io.sinkstream.decoder.Candidates;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which of the likeliest tokens can be drawn: transformers' warpers one after another. Each but the last keeps the first of
 * what the one before has kept; probabilities are those among these.
 */
final class Warpers {
    private final Draw draw;
    private final int[] order;
    private final double[] scores;
    private int kept;
    /** Whether no token beyond the candidates can belong to the kept ones. */
    private boolean isClosed;

    private double logSum;

    /**
     * What can be drawn.
     *
     * @param places of the tokens among the candidates
     * @param scores their logits, divided by the temperature
     */
    @SuppressWarnings("ArrayRecordComponent") // nothing compares them
    record Kept(int[] places, double[] scores) {}

    private Warpers(Draw draw, Candidates candidates) {
        this.draw = draw;
        this.order = ordered(candidates);
        double[] logits = candidates.logits();
        this.scores = Arrays.stream(order)
                .mapToDouble(place -> logits[place] / draw.temperature())
                .toArray();
        this.kept = scores.length;
        while (kept > 0 && scores[kept - 1] == Double.NEGATIVE_INFINITY) {
            kept--;
        }
        this.isClosed = candidates.isWhole() || kept < scores.length;
        this.logSum = candidates.logSumExp();
    }

    /** The tokens that can be drawn; none if all are ruled out. Empty if more candidates are needed to know. */
    static Optional<Kept> keep(Draw draw, Candidates candidates) {
        Warpers warpers = new Warpers(draw, candidates);
        boolean isKnown = warpers.topK() && warpers.topP() && warpers.minP() && warpers.isClosed;
        if (!isKnown) {
            return Optional.empty();
        }
        int[] rest = draw.typicalP() < 1 && warpers.kept > 0
                ? warpers.typical()
                : IntStream.range(0, warpers.kept).toArray();
        return Optional.of(new Kept(
                Arrays.stream(rest).map(i -> warpers.order[i]).toArray(),
                Arrays.stream(rest).mapToDouble(i -> warpers.scores[i]).toArray()));
    }

    /** Of tokens that are as likely the lower one comes first, whatever a device makes of them. */
    private static int[] ordered(Candidates candidates) {
        double[] logits = candidates.logits();
        int[] tokens = candidates.tokens();
        int[] order = IntStream.range(0, tokens.length).toArray();
        for (int i = 0; i < order.length; ) {
            int end = i + 1;
            while (end < order.length && logits[end] == logits[i]) {
                end++;
            }
            if (end > i + 1 && logits[i] > Double.NEGATIVE_INFINITY) {
                int[] equal = IntStream.range(i, end)
                        .boxed()
                        .sorted(Comparator.comparing(place -> tokens[place]))
                        .mapToInt(Integer::intValue)
                        .toArray();
                System.arraycopy(equal, 0, order, i, equal.length);
            }
            i = end;
        }
        return order;
    }

    /** Each of these says whether it could tell. */
    private boolean topK() {
        int most = draw.topK();
        if (most == 0 || kept == 0) {
            return true;
        }
        if (kept < most) {
            return isClosed;
        }
        int end = most;
        while (end < kept && scores[end] == scores[most - 1]) {
            end++;
        }
        return cut(end);
    }

    private boolean topP() {
        if (draw.topP() == 1) {
            return true;
        }
        double before = 0;
        for (int i = 0; i < kept; i++) {
            if (i > 0 && before >= draw.topP()) {
                // One as likely that is not among the candidates might have the place.
                return (isClosed || scores[i] < scores[i - 1]) && cut(i);
            }
            before += Math.exp(scores[i] - logSum);
        }
        return isClosed;
    }

    private boolean minP() {
        if (draw.minP() == 0 || kept == 0) {
            return true;
        }
        double least = scores[0] + Math.log(draw.minP());
        int end = 1;
        while (end < kept && scores[end] >= least) {
            end++;
        }
        return cut(end);
    }

    /** Keeps the first {@code end}. */
    private boolean cut(int end) {
        if (end == kept) {
            return isClosed;
        }
        kept = end;
        isClosed = true;
        double sum = 0;
        for (int i = 0; i < kept; i++) {
            sum += Math.exp(scores[i] - scores[0]);
        }
        logSum = scores[0] + Math.log(sum);
        return true;
    }

    private int[] typical() {
        double entropy = 0;
        for (int i = 0; i < kept; i++) {
            double logp = scores[i] - logSum;
            entropy -= Math.exp(logp) * logp;
        }
        double[] distances = new double[kept];
        for (int i = 0; i < kept; i++) {
            distances[i] = Math.abs(logSum - scores[i] - entropy);
        }
        int[] nearest = IntStream.range(0, kept)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> distances[i]))
                .mapToInt(Integer::intValue)
                .toArray();
        double mass = 0;
        int last = 0;
        for (; last < kept - 1; last++) {
            mass += Math.exp(scores[nearest[last]] - logSum);
            if (mass >= draw.typicalP()) {
                break;
            }
        }
        double farthest = distances[nearest[last]];
        return IntStream.range(0, kept).filter(i -> distances[i] <= farthest).toArray();
    }
}
