package io.sinkstream.stream;

import ai.djl.ndarray.NDManager;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.decoder.Hardware;
import io.sinkstream.decoder.LoadedWeights;
import io.sinkstream.family.Families;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Weights that models of this JVM share where they differ in sinks, window or caches only: loaded with the first of them,
 * freed with the last.
 *
 * <p>Safe for many threads. The second model waits while the first one's thread loads them.
 */
final class SharedWeights {
    private static final Map<Key, SharedWeights> ALL = new HashMap<>();

    private final Key key;
    private LoadedWeights loaded;
    private int holders;

    /**
     * What tells weights apart.
     *
     * @param folder of the checkpoint: a fingerprint is made of samples, and does not see every weight
     * @param fingerprint of the checkpoint: a folder may come to hold another one
     */
    private record Key(Path folder, String fingerprint, DecoderSpec spec, ComputeOptions compute) {}

    private SharedWeights(Key key) {
        this.key = key;
    }

    /** The weights of a checkpoint; whoever holds them calls {@link #release} once, also if {@link #load} fails. */
    static SharedWeights hold(Path folder, String fingerprint, DecoderSpec spec, ComputeOptions compute) {
        synchronized (ALL) {
            SharedWeights weights =
                    ALL.computeIfAbsent(new Key(folder, fingerprint, spec, compute), SharedWeights::new);
            weights.holders++;
            return weights;
        }
    }

    /** Loads them, on the calling thread, if no holder has. */
    synchronized LoadedWeights load(Checkpoint checkpoint) {
        if (loaded == null) {
            NDManager manager = TorchEngine.newManager(key.compute());
            try {
                loaded = LoadedWeights.load(
                        key.spec(),
                        key.compute().numbers(checkpoint, Hardware.of(manager)),
                        manager,
                        Families.weights(checkpoint, key.spec()));
            } catch (RuntimeException | Error e) {
                manager.close();
                throw e;
            }
        }
        return loaded;
    }

    /** Lets go of them: the last holder frees them. */
    void release() {
        synchronized (ALL) {
            if (--holders > 0) {
                return;
            }
            ALL.remove(key);
        }
        free();
    }

    private synchronized void free() {
        if (loaded != null) {
            loaded.close();
            loaded = null;
        }
    }

    /** How many there are. */
    static int count() {
        synchronized (ALL) {
            return ALL.size();
        }
    }
}
