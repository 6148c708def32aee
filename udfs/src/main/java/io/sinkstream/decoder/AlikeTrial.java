package io.sinkstream.decoder;

import ai.djl.pytorch.jni.JniUtils;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Tries once, when a decoder is made, what {@code --deterministic} says: processors and their matrix libraries are many, and not all
 * of them keep to one order of sums.
 */
final class AlikeTrial {
    private static final int TOKENS = 61;
    private static final int CHUNK = 23;
    private static final List<Integer> THREADS = List.of(1, 2, 3);

    private AlikeTrial() {}

    /** Throws UserException if a stream's numbers depend on chunks, threads or other streams on this machine. */
    static void require(Decoder decoder) {
        int before = JniUtils.getNumThreads();
        try {
            double[] alone = nll(decoder, 1, TOKENS);
            for (int threads : THREADS) {
                JniUtils.setNumThreads(threads);
                if (!Arrays.equals(alone, nll(decoder, threads, CHUNK))) {
                    throw new UserException(Settings.DETERMINISTIC + ": this processor's libraries give a stream other"
                            + " last bits on " + threads + " threads and beside other streams; leave it out");
                }
            }
        } finally {
            JniUtils.setNumThreads(before);
        }
    }

    /** The NLLs of the first of so many streams, which take turns by so many tokens. */
    private static double[] nll(Decoder decoder, int streams, int chunk) {
        double[] nll = new double[TOKENS];
        List<KeyValueCache> caches = new ArrayList<>();
        try {
            for (int i = 0; i < streams; i++) {
                caches.add(new KeyValueCache(decoder.manager(), decoder.cacheShape(), decoder.cells()));
            }
            for (int done = 0; done < TOKENS; done += chunk) {
                int first = done;
                int count = Math.min(chunk, TOKENS - done);
                List<ChunkResult> results = decoder.run(IntStream.range(0, streams)
                        .mapToObj(i -> new Chunk(
                                caches.get(i),
                                tokens(decoder, i, first, count),
                                tokens(decoder, i, first + 1, count),
                                false,
                                0))
                        .toList());
                System.arraycopy(results.get(0).nll(), 0, nll, done, count);
            }
        } finally {
            caches.forEach(KeyValueCache::close);
        }
        return nll;
    }

    /** Any that are not alike. */
    private static int[] tokens(Decoder decoder, int stream, int first, int count) {
        int vocabulary = decoder.spec().sizes().vocabulary();
        return IntStream.range(first, first + count)
                .map(i -> Math.floorMod((i + 1) * 7919 + stream * 104_729, vocabulary))
                .toArray();
    }
}
