package io.sinkstream.family;

import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Weight;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where a weight of the decoder is in a checkpoint.
 *
 * @param tensor the stored tensor
 * @param shape its shape as stored
 * @param rows which of its rows, in the order wanted; empty for all as they are
 * @param transposed whether it is stored input x output; rows are then those of the transposed one
 */
record Stored(String tensor, List<Long> shape, List<Integer> rows, boolean transposed) {
    /** A tensor that is the weight. */
    static Stored whole(String tensor, Weight weight) {
        return new Stored(tensor, weight.shape(), List.of(), false);
    }

    /** Whether it is the tensor as it is. */
    boolean isWhole() {
        return rows.isEmpty() && !transposed;
    }

    /** A tensor of {@code total} rows that holds the weight in some of them. */
    static Stored some(String tensor, Weight weight, long total, IntStream rows) {
        List<Long> shape = weight.shape().size() == 1
                ? List.of(total)
                : List.of(total, weight.shape().get(1));
        return new Stored(tensor, shape, rows.boxed().toList(), false);
    }

    /** The same tensor, stored input x output (as GPT-2's are). */
    Stored asInputByOutput() {
        return shape.size() == 1 ? this : new Stored(tensor, List.of(shape.get(1), shape.get(0)), rows, true);
    }

    /** Queries, keys or values (by the weight's role) of a tensor with all queries, then all keys, then all values. */
    static Stored stacked(String tensor, Weight weight, DecoderSpec.Sizes sizes) {
        int queries = sizes.heads() * sizes.headSize();
        int keys = sizes.keyValueHeads() * sizes.headSize();
        int from =
                switch (weight.role()) {
                    case QUERY -> 0;
                    case KEY -> queries;
                    default -> queries + keys;
                };
        int count = from == 0 ? queries : keys;
        return some(tensor, weight, queries + 2L * keys, IntStream.range(from, from + count));
    }

    /**
     * Queries, keys or values of a tensor that has for each key/value head its queries, its key and its value. With as many
     * key/value heads as heads that is query, key and value head by head; with one it is the same as stacked.
     */
    static Stored grouped(String tensor, Weight weight, DecoderSpec.Sizes sizes) {
        int size = sizes.headSize();
        int group = sizes.heads() / sizes.keyValueHeads();
        int period = (group + 2) * size;
        int from =
                switch (weight.role()) {
                    case QUERY -> 0;
                    case KEY -> group * size;
                    default -> (group + 1) * size;
                };
        int count = from == 0 ? group * size : size;
        IntStream rows = IntStream.range(0, sizes.keyValueHeads())
                .flatMap(head -> IntStream.range(head * period + from, head * period + from + count));
        return some(tensor, weight, (long) sizes.keyValueHeads() * period, rows);
    }
}
