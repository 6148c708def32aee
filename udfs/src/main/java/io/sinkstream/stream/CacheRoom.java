package io.sinkstream.stream;

import ai.djl.Device;
import io.sinkstream.cache.CacheShape;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Hardware;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.Locale;

/**
 * Whether one stream's full cache fits into the budget of all. Where it does not, every row would rebuild its stream, or memory
 * would be taken that nobody gave.
 */
record CacheRoom(ModelOptions options, Checkpoint checkpoint, DecoderSpec spec, SinkWindow rule) {
    private static final Hardware GPU = new Hardware(Device.gpu());

    /** Checks an amount of bytes, against the least that the cache takes on any machine. */
    void requireAnywhere() {
        if (options.cacheMemory().percent() == 0) {
            require(options.compute().device().equals("cpu") ? bytes(Hardware.CPU) : least());
        }
    }

    /** Checks an amount of bytes, or a share of this machine's memory, if its processor is what the model runs on. */
    void requireHere() {
        if (Hardware.mayBeGpu(options.compute().device())) {
            requireAnywhere();
        } else {
            require(bytes(Hardware.CPU));
        }
    }

    private long least() {
        return Math.min(bytes(Hardware.CPU), bytes(GPU));
    }

    /** Bytes of a full cache there. */
    private long bytes(Hardware hardware) {
        NumberType type = options.compute().numbers(checkpoint, hardware).cache();
        CacheShape shape = new CacheShape(
                rule,
                spec.groups(rule),
                spec.sizes().keyValueHeads(),
                spec.sizes().headSize(),
                0,
                type);
        return shape.bytesFor((long) rule.sinks() + rule.ringSlots());
    }

    private void require(long bytes) {
        long budget = options.cacheMemory().bytes();
        if (budget < bytes) {
            throw new UserException(String.format(
                    Locale.ROOT,
                    "%s: %d bytes are less than the %d that one stream's full cache takes, with %d sinks and a window of %d;"
                            + " give more, or a shorter %s",
                    Settings.CACHE_MEMORY,
                    budget,
                    bytes,
                    rule.sinks(),
                    rule.window(),
                    Settings.WINDOW));
        }
    }
}
