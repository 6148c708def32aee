package io.sinkstream.rows;

import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** What the engine needs of a {@link StreamModel}. */
interface RowModel {
    /** See {@link StreamModel#submit}. */
    List<CompletableFuture<StreamResult>> submit(List<StreamUpdate> updates);

    /** See {@link StreamModel#problem}. */
    Optional<String> problem(int[] tokens);

    /** See {@link StreamModel#start}. */
    StreamState start();

    /** Token ids are 0 to this, exclusive. */
    int vocabulary();

    /** Null if it has none. */
    TextTokenizer tokenizer();

    static RowModel of(StreamModel model) {
        return of(model, model::start);
    }

    static RowModel of(StreamModel model, Supplier<StreamState> start) {
        return new RowModel() {
            @Override
            public List<CompletableFuture<StreamResult>> submit(List<StreamUpdate> updates) {
                return model.submit(updates);
            }

            @Override
            public Optional<String> problem(int[] tokens) {
                return model.problem(tokens);
            }

            @Override
            public StreamState start() {
                return start.get();
            }

            @Override
            public int vocabulary() {
                return model.description().vocabularySize();
            }

            @Override
            public TextTokenizer tokenizer() {
                return model.tokenizer().orElse(null);
            }
        };
    }
}
