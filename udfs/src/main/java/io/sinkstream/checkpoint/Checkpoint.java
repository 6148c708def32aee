package io.sinkstream.checkpoint;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A checkpoint's folder, its headers read and checked; weights are mapped one by one, on demand. */
public final class Checkpoint {
    private Checkpoint() {}

    /** Reads {@code config.json} and the safetensors headers. Throws UserException, naming the file and the field. */
    public static Checkpoint open(Path folder) {
        throw new UnsupportedOperationException();
    }

    /** The folder. */
    public Path folder() {
        throw new UnsupportedOperationException();
    }

    /** {@code config.json}. */
    public ModelConfig config() {
        throw new UnsupportedOperationException();
    }

    /** All tensors of all shards, by name. */
    public Map<String, TensorHeader> tensors() {
        throw new UnsupportedOperationException();
    }

    /** The tensor's header; a missing one is an error that names it and the files that were searched. */
    public TensorHeader tensor(String name) {
        throw new UnsupportedOperationException();
    }

    /**
     * Maps rows (entries of the first dimension) {@code from} to {@code to}, exclusive, of a tensor: a direct
     * little-endian buffer, position 0, at most 2^31-1 bytes. The mapping lives as long as the buffer is reachable.
     */
    public ByteBuffer map(TensorHeader tensor, long from, long to) {
        throw new UnsupportedOperationException();
    }

    /** Loads {@code tokenizer.json} if there is one. The caller closes it. */
    public Optional<TextTokenizer> tokenizer() {
        throw new UnsupportedOperationException();
    }

    /** Whether there is a {@code tokenizer.json}; loads nothing. */
    public boolean hasTokenizer() {
        throw new UnsupportedOperationException();
    }

    /** End-of-sequence ids: {@code generation_config.json}'s {@code eos_token_id} if there, else {@code config.json}'s. */
    public Set<Integer> eosTokens() {
        throw new UnsupportedOperationException();
    }
}
