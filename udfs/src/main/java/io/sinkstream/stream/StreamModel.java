package io.sinkstream.stream;

import io.sinkstream.checkpoint.TextTokenizer;
import java.util.List;
import java.util.Optional;

/** A model that advances many streams at once. Safe for any number of threads: calls that wait together run together. */
public final class StreamModel implements AutoCloseable {
    private StreamModel() {}

    /** Reads headers, config and family, and loads no weight and no native library: what the driver checks. */
    public static ModelDescription describe(ModelOptions options) {
        throw new UnsupportedOperationException();
    }

    /** Loads the model. The caller closes it. */
    public static StreamModel open(ModelOptions options) {
        throw new UnsupportedOperationException();
    }

    /** The model with these options that this JVM shares between all its tasks, loaded at the first call; never close it. */
    public static StreamModel shared(ModelOptions options) {
        throw new UnsupportedOperationException();
    }

    /** What the checkpoint's headers say. */
    public ModelDescription description() {
        throw new UnsupportedOperationException();
    }

    /** The checkpoint's tokenizer; empty if it has none. */
    public Optional<TextTokenizer> tokenizer() {
        throw new UnsupportedOperationException();
    }

    /** The state of a stream without tokens. */
    public StreamState start() {
        throw new UnsupportedOperationException();
    }

    /** What is wrong with these tokens, if anything: the first id outside the vocabulary. */
    public Optional<String> problem(int[] tokens) {
        throw new UnsupportedOperationException();
    }

    /** Advances all streams; results are in the order of the updates. Blocks; an interrupt ends it early. */
    public List<StreamResult> advance(List<StreamUpdate> updates) {
        throw new UnsupportedOperationException();
    }

    /** Frees the stream's cache, if one is kept: the stream has ended, or is not expected soon. */
    public void forget(StreamName name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        throw new UnsupportedOperationException();
    }
}
