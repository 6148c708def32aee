package io.sinkstream.sampling;

import java.io.Serializable;
import java.util.List;
import java.util.Set;

/**
 * What ends a continuation beside its length and the model's own end-of-sequence token.
 *
 * @param texts the first of them that the text has ends it; none is empty
 * @param tokens each of them ends it
 */
public record Stops(List<String> texts, Set<Integer> tokens) implements Serializable {
    /** Ends nothing. */
    public static final Stops NONE = new Stops(List.of(), Set.of());

    /** Keeps copies. */
    public Stops {
        texts = List.copyOf(texts);
        tokens = Set.copyOf(tokens);
        if (texts.contains("")) {
            throw new IllegalArgumentException("an empty text would end all");
        }
    }

    /** Whether nothing ends a continuation. */
    public boolean isNone() {
        return equals(NONE);
    }
}
