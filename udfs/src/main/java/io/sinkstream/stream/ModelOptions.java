package io.sinkstream.stream;

import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import java.nio.file.Path;
import java.util.Map;

/**
 * Which model runs, and how.
 *
 * @param model the checkpoint's folder
 * @param sinks S, the tokens of a stream's start that are kept for ever; 0 is plain window attention
 * @param window R, the most recent tokens before the one at hand, at least 1
 * @param dtype {@code auto} or {@code float32}
 * @param device {@code auto} or {@code cpu}
 * @param chunk the most tokens of one stream in one pass
 * @param passTokens the most tokens of all streams in one pass
 * @param cacheBytes the budget of all caches together, in bytes
 */
public record ModelOptions(
        Path model, int sinks, int window, String dtype, String device, int chunk, int passTokens, long cacheBytes) {

    /**
     * Checks the number type and the device by the settings of these names: what is not supported must not be ignored,
     * wherever the options come from.
     *
     * @throws io.sinkstream.settings.UserException for one that is not supported
     */
    public ModelOptions {
        SettingValues.of(Map.of(Settings.DTYPE.name(), dtype, Settings.DEVICE.name(), device));
    }

    /** The defaults, for the checkpoint in {@code model}. */
    public static ModelOptions of(Path model) {
        return new ModelOptions(model, 4, 1020, "auto", "auto", 512, 512, 4L << 30);
    }

    /** The same with S = {@code sinks} and R = {@code window}. */
    public ModelOptions withAttention(int sinks, int window) {
        return new ModelOptions(model, sinks, window, dtype, device, chunk, passTokens, cacheBytes);
    }

    /** The same in {@code dtype} on {@code device}. */
    public ModelOptions withCompute(String dtype, String device) {
        return new ModelOptions(model, sinks, window, dtype, device, chunk, passTokens, cacheBytes);
    }

    /** The same with at most {@code chunk} tokens of one stream, and {@code passTokens} of all, in one pass. */
    public ModelOptions withChunk(int chunk, int passTokens) {
        return new ModelOptions(model, sinks, window, dtype, device, chunk, passTokens, cacheBytes);
    }

    /** The same with a budget of {@code cacheBytes} for all caches together. */
    public ModelOptions withCacheBytes(long cacheBytes) {
        return new ModelOptions(model, sinks, window, dtype, device, chunk, passTokens, cacheBytes);
    }
}
