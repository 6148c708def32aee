package io.sinkstream.stream;

import io.sinkstream.settings.MemoryBudget;
import java.nio.file.Path;

/**
 * Which model runs, and how.
 *
 * @param model the checkpoint's folder
 * @param sinks S, the tokens of a stream's start that are kept for ever; 0 is plain window attention
 * @param window R, the most recent tokens before the one at hand, at least 1
 * @param compute the number types and the device
 * @param chunk the most tokens of one stream in one pass
 * @param passTokens the most tokens of all streams in one pass
 * @param cacheMemory the budget of all caches together, of the memory that the model runs in
 */
public record ModelOptions(
        Path model,
        int sinks,
        int window,
        ComputeOptions compute,
        int chunk,
        int passTokens,
        MemoryBudget cacheMemory) {

    /** The defaults, for the checkpoint in {@code model}. */
    public static ModelOptions of(Path model) {
        return new ModelOptions(model, 4, 1020, ComputeOptions.DEFAULTS, 512, 512, new MemoryBudget(4L << 30, 0));
    }

    /** The same with S = {@code sinks} and R = {@code window}. */
    public ModelOptions withAttention(int sinks, int window) {
        return new ModelOptions(model, sinks, window, compute, chunk, passTokens, cacheMemory);
    }

    /** The same in other number types or on another device. */
    public ModelOptions withCompute(ComputeOptions compute) {
        return new ModelOptions(model, sinks, window, compute, chunk, passTokens, cacheMemory);
    }

    /** The same with at most {@code chunk} tokens of one stream, and {@code passTokens} of all, in one pass. */
    public ModelOptions withChunk(int chunk, int passTokens) {
        return new ModelOptions(model, sinks, window, compute, chunk, passTokens, cacheMemory);
    }

    /** The same with a budget of {@code cacheBytes} for all caches together. */
    public ModelOptions withCacheBytes(long cacheBytes) {
        return new ModelOptions(model, sinks, window, compute, chunk, passTokens, new MemoryBudget(cacheBytes, 0));
    }
}
