package io.sinkstream.dialogue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * How fluent a text is, block by block, without anybody who reads it: by how many of a block's n-grams are distinct (Li et al.
 * 2016), and by how much of it is said again. A model that goes round in circles has few distinct ones, and one that has lost its
 * language a high perplexity. For one thread.
 */
final class Fluency {
    /** The longest n-grams, and those that are looked for again. */
    static final int LONGEST = 4;

    /** How many tokens before are looked through for the same. */
    static final int BACK = 1024;

    private final List<Integer> block = new ArrayList<>();
    private final Deque<Integer> last = new ArrayDeque<>();
    /** Of the {@link #BACK} last n-grams, and how often each is among them. */
    private final Deque<List<Integer>> before = new ArrayDeque<>();

    private final Map<List<Integer>, Integer> times = new HashMap<>();
    private double nll;
    private int repeated;

    /** Takes a token with its NLL, nats. */
    void add(int token, double tokenNll) {
        block.add(token);
        nll += tokenNll;
        last.addLast(token);
        if (last.size() > LONGEST) {
            last.removeFirst();
        }
        if (last.size() < LONGEST) {
            return;
        }
        List<Integer> gram = List.copyOf(last);
        if (times.containsKey(gram)) {
            repeated++;
        }
        before.addLast(gram);
        times.merge(gram, 1, Integer::sum);
        if (before.size() > BACK) {
            times.computeIfPresent(before.removeFirst(), (key, count) -> count == 1 ? null : count - 1);
        }
    }

    /** How many tokens the block has. */
    int size() {
        return block.size();
    }

    /** What the block comes to; the next one begins. */
    Block end() {
        Block end = new Block(
                block.size(),
                nll,
                IntStream.rangeClosed(1, LONGEST).mapToObj(this::distinct).toList(),
                (double) repeated / block.size());
        block.clear();
        nll = 0;
        repeated = 0;
        return end;
    }

    /** NaN in a block that is shorter. */
    private double distinct(int n) {
        int count = block.size() - n + 1;
        Set<List<Integer>> grams = new HashSet<>();
        for (int i = 0; i < count; i++) {
            grams.add(List.copyOf(block.subList(i, i + n)));
        }
        return count < 1 ? Double.NaN : (double) grams.size() / count;
    }

    /**
     * A block of a text.
     *
     * @param tokens how many it has
     * @param nll their sum, nats
     * @param distinct which share of its n-grams is distinct, for n from 1; NaN where it has none
     * @param repetition which share of its tokens ends a run of {@value #LONGEST} that came in the {@value #BACK} before it
     */
    record Block(int tokens, double nll, List<Double> distinct, double repetition) {}
}
