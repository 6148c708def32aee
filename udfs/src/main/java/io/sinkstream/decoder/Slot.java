package io.sinkstream.decoder;

import java.util.List;
import java.util.stream.Stream;

/**
 * What stands at one place of a program's weights, or at two if its products need scales.
 *
 * @param role the first role it plays, or {@code head} for a head that is the embedding
 * @param weights the weights it is made of, rows one after the other
 * @param form how it is kept
 */
record Slot(String role, List<DecoderSpec.Weight> weights, Form form) {
    /** How weights are kept. */
    enum Form {
        /** In fp32, as loaded. */
        PLAIN,
        /** For looking rows up: in 16 bits a number. */
        TABLE,
        /** As the program's products take them. */
        PRODUCT,
        /** As what is added to products. */
        ADDEND
    }

    /** The same with another weight's rows behind its own. */
    Slot with(DecoderSpec.Weight weight) {
        return new Slot(role, Stream.concat(weights.stream(), Stream.of(weight)).toList(), form);
    }
}
