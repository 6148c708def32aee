package io.sinkstream.djl;

import io.sinkstream.rows.RowTask;
import java.util.Collections;
import java.util.List;

/**
 * What one input asks for.
 *
 * @param texts of it; null where there is none
 * @param task what is done with them; null if nothing is
 * @param isList whether it gave a list, so that it gets one
 * @param problem what is wrong with it; null if nothing is
 */
record Request(List<String> texts, RowTask task, boolean isList, String problem) {
    /** One of a single text, which may be null. */
    static Request of(String text, RowTask task) {
        return new Request(Collections.singletonList(text), task, false, null);
    }

    static Request refused(String problem) {
        return new Request(List.of(), null, false, problem);
    }
}
