package io.sinkstream.sql;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.rows.RowTask;
import java.io.Serializable;
import java.util.Map;

/**
 * What a call does with its text. Two are equal if the same settings say so.
 *
 * @param options the model, how texts are read, and the task
 * @param settings what the options were made of, by name
 * @param shown the arguments beside the text, as a column's name has them
 */
record CallTerms(KeyedOptions options, Map<String, String> settings, String shown) implements Serializable {
    boolean isContinuation() {
        return options.task() instanceof RowTask.Continue;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CallTerms terms
                && settings.equals(terms.settings)
                && isContinuation() == terms.isContinuation();
    }

    @Override
    public int hashCode() {
        return settings.hashCode();
    }
}
