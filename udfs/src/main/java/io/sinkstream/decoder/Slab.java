package io.sinkstream.decoder;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Streams of a pass whose attention is one call: those that bring few rows to small caches. Attending stream by stream, such a
 * pass is a few dozen operators for each stream and layer, on tensors that take less time than the operators' calls. In a slab
 * the streams' caches of a layer are copied side by side and their rows padded to the same number, and the operators are called
 * once. Caches that are large are attended to where they lie.
 *
 * @param streams how many
 * @param rows how many each has, padding included
 * @param valid how many all have without padding
 * @param young whether the first rows of each are sinks; else none are
 */
record Slab(int streams, int rows, int valid, boolean young) {
    /** How many numbers {@link #writeTo} writes. */
    static final int NUMBERS = 4;

    /** Rows of a stream, at most: with more, operators have enough to do. */
    private static final int MOST_ROWS = 64;

    /** Bytes of a layer's cache, at most, of streams with several rows, which copy their window either way. */
    private static final long LARGEST = 1 << 20;

    /** The same of streams with one row, which attend without a copy. */
    private static final long LARGEST_OF_ONE = 128 << 10;

    /** Bytes of a layer's caches in a slab, at most. */
    private static final long MOST_BYTES = 16 << 20;

    /**
     * What counts of a chunk.
     *
     * @param rows its tokens
     * @param young whether its first rows are sinks
     * @param slots of its cache, for each kind of layers
     * @param layerBytes of its cache, of the kind where they are most
     */
    record Candidate(int rows, boolean young, List<Integer> slots, long layerBytes) {
        private boolean fits() {
            return rows <= MOST_ROWS && layerBytes <= (rows == 1 ? LARGEST_OF_ONE : LARGEST);
        }

        /** Whether one that has no fewer rows can be in a slab that this one begins. */
        private boolean takes(Candidate other) {
            return young == other.young && slots.equals(other.slots) && other.rows <= rows + rows / 4 + 2;
        }
    }

    /**
     * The order of a pass.
     *
     * @param chunks their indices: those of the slabs, one after another, then the others, those with one row first
     * @param slabs of at least two streams each
     */
    record Order(List<Integer> chunks, List<Slab> slabs) {}

    /** The order of a pass without slabs. */
    static Order apart(List<Candidate> candidates) {
        return new Order(IntStream.range(0, candidates.size()).boxed().toList(), List.of());
    }

    /** Puts the chunks of a pass in order. */
    static Order order(List<Candidate> candidates) {
        Comparator<Integer> alike = Comparator.<Integer, Boolean>comparing(
                        i -> candidates.get(i).young())
                .thenComparing(i -> candidates.get(i).slots().toString())
                .thenComparing(i -> candidates.get(i).rows());
        List<Integer> fitting = IntStream.range(0, candidates.size())
                .boxed()
                .filter(i -> candidates.get(i).fits())
                .sorted(alike)
                .toList();
        List<Integer> order = new ArrayList<>();
        List<Integer> alone = new ArrayList<>(IntStream.range(0, candidates.size())
                .boxed()
                .filter(i -> !candidates.get(i).fits())
                .toList());
        List<Slab> slabs = new ArrayList<>();
        for (int from = 0; from < fitting.size(); ) {
            Candidate first = candidates.get(fitting.get(from));
            int most = (int) Math.min(fitting.size(), from + Math.max(1, MOST_BYTES / first.layerBytes()));
            int to = from + 1;
            while (to < most && first.takes(candidates.get(fitting.get(to)))) {
                to++;
            }
            List<Integer> together = fitting.subList(from, to);
            if (together.size() > 1) {
                order.addAll(together);
                slabs.add(new Slab(
                        together.size(),
                        candidates.get(together.get(together.size() - 1)).rows(),
                        together.stream()
                                .mapToInt(i -> candidates.get(i).rows())
                                .sum(),
                        first.young()));
            } else {
                alone.addAll(together);
            }
            from = to;
        }
        alone.sort(Comparator.comparing(i -> candidates.get(i).rows() > 1));
        order.addAll(alone);
        return new Order(order, slabs);
    }

    /** Writes the components in their order, as the decoder's program reads them. */
    void writeTo(long[] numbers, int at) {
        numbers[at] = streams;
        numbers[at + 1] = rows;
        numbers[at + 2] = valid;
        numbers[at + 3] = young ? 1 : 0;
    }
}
