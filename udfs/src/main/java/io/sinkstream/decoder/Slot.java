package io.sinkstream.decoder;

import java.util.List;
import java.util.stream.Stream;

/**
 * What stands at one place of a program's weights, or at two if its products need scales.
 *
 * @param weights the weights it is made of, rows one after the other
 * @param form how it is kept
 */
record Slot(List<Weight> weights, Form form) {
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

    /** Whether its rows begin with this weight, or the like of another layer. */
    boolean beginsWith(Role role, Weight.Term term) {
        return weights.get(0).role() == role && weights.get(0).term() == term;
    }

    /** The same with another weight's rows behind its own. */
    Slot with(Weight weight) {
        return new Slot(Stream.concat(weights.stream(), Stream.of(weight)).toList(), form);
    }
}
