package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.pytorch.jni.JniUtils;
import io.sinkstream.testing.Shared;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Many streams of a real model, row by row, in chunks and batches of all sizes and with a tenth of the caches: the same bits. Takes
 * minutes, so it runs by its name only: {@code mvn -pl udfs test -Dtest=SameBitsTrial}.
 */
class SameBitsTrial {
    private static final int STREAMS = 200;
    private static final int TOKENS = 150;
    private static final int WINDOW = 60;

    /** One run: the most tokens of a stream in a pass, streams that come together, threads, and what share of the caches is there. */
    private record Way(int chunk, int batch, int threads, int share) {}

    @Test
    void twoHundredStreams() {
        List<double[]> wanted = null;
        for (Way way : List.of(
                new Way(512, 64, 1, 1),
                new Way(512, 1, 2, 1),
                new Way(64, 64, 2, 10),
                new Way(64, 16, 3, 1),
                new Way(7, 64, 3, 10),
                new Way(7, 5, 1, 1),
                new Way(1, 64, 2, 1))) {
            long start = System.nanoTime();
            List<double[]> found = run(way);
            System.out.printf("%s: %.1f s%n", way, (System.nanoTime() - start) / 1e9);
            wanted = wanted == null ? found : wanted;
            for (int i = 0; i < STREAMS; i++) {
                assertThat(found.get(i)).as("%s, stream %d", way, i).containsExactly(wanted.get(i));
            }
        }
    }

    private static List<double[]> run(Way way) {
        ModelOptions options = ModelOptions.of(Shared.require("models/stories260K"))
                .withAttention(4, WINDOW)
                .withCompute(ComputeOptions.DEFAULTS.determined())
                .withChunk(way.chunk(), 512);
        List<double[]> all = new ArrayList<>();
        try (StreamModel model = StreamModel.open(options.withCacheBytes((200L << 20) / 2 / way.share()))) {
            var unused = model.measure(limits -> {
                JniUtils.setNumThreads(way.threads());
                return 0;
            });
            int[][] ids = new int[STREAMS][];
            List<StreamState> states = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                ids[i] = new Random(i)
                        .ints(TOKENS, 0, model.description().vocabularySize())
                        .toArray();
                all.add(new double[TOKENS]);
                states.add(model.start());
            }
            for (int row = 0; row < TOKENS; row += 30) {
                for (int first = 0; first < STREAMS; first += way.batch()) {
                    List<StreamUpdate> updates = new ArrayList<>();
                    int end = Math.min(STREAMS, first + way.batch());
                    for (int i = first; i < end; i++) {
                        int[] tokens = Arrays.copyOfRange(ids[i], row, row + 30);
                        updates.add(StreamUpdate.score(new StreamName("trial", "s" + i), states.get(i), tokens));
                    }
                    List<StreamResult> results = model.advance(updates);
                    for (int i = first; i < end; i++) {
                        StreamResult.Advanced result = results.get(i - first).advanced();
                        System.arraycopy(result.nll(), 0, all.get(i), row, 30);
                        states.set(i, result.state());
                    }
                }
            }
            System.out.println(model.usage());
        }
        return all;
    }
}
