package io.sinkstream.batch;

import io.sinkstream.rows.MemoryStreams;
import io.sinkstream.rows.RowEngine;
import io.sinkstream.rows.RowFields;
import io.sinkstream.stream.StreamModel;
import java.util.Iterator;
import java.util.function.BiFunction;
import org.apache.spark.TaskContext;
import org.apache.spark.util.TaskCompletionListener;

/** The engine of the task at hand over the executor's model, with states in memory. All of it ends with the task. */
public final class TaskEngine {
    private TaskEngine() {}

    /**
     * Opens it.
     *
     * @param query names the run, so that no two share a stream's cache
     * @param rows what is read, which may ask for the model and begin states
     */
    public static <R> RowEngine<R> open(
            KeyedOptions options,
            String query,
            RowFields<R> fields,
            BiFunction<StreamModel, MemoryStreams, Iterator<R>> rows) {
        StreamModel model = ExecutorModel.of(options.model());
        MemoryStreams states = new MemoryStreams(model, query);
        // Listeners are called in the reverse of their order: what is under way is cancelled before states are closed.
        TaskCompletionListener close = ended -> states.close();
        var unused = TaskContext.get().addTaskCompletionListener(close);
        RowEngine<R> results = new RowEngine<>(
                rows.apply(model, states),
                fields,
                model,
                options.task(),
                options.rows(),
                states,
                options.model().options().passTokens());
        TaskCompletionListener cancel = ended -> results.close();
        unused = TaskContext.get().addTaskCompletionListener(cancel);
        return results;
    }
}
