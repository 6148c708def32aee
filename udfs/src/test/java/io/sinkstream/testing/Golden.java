package io.sinkstream.testing;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The recorded numbers of the reference systems for one family's tiny checkpoint: what "exact" means. They are rounded
 * to 1e-6 nats; fp32 is compared with them at 1e-4 nats a token, double precision at 1e-5.
 *
 * <p>In every list of NLLs entry t is -ln p(ids[t + 1]), in nats, so there is one less than there are ids.
 *
 * @param folder the checkpoint, with {@code golden.json} beside it
 * @param ids the stream's tokens
 * @param dense every token seen from every later one
 * @param streaming the same ids with sinks and a window
 * @param recomputation each token from the {@code context} tokens before it, without a cache
 */
@SuppressWarnings("ArrayRecordComponent") // nothing compares them as a whole
public record Golden(Path folder, int[] ids, Dense dense, List<Streaming> streaming, Recomputation recomputation) {

    /**
     * Every token seen from every later one.
     *
     * @param nll nats
     */
    public record Dense(double[] nll) {}

    /**
     * One choice of sinks and window.
     *
     * @param sinks S
     * @param window R
     * @param nll nats
     * @param prompt the first of the ids
     * @param greedy what the prompt goes on with, always the likeliest token, past EOS too
     */
    public record Streaming(@SerializedName("sink") int sinks, int window, double[] nll, int[] prompt, int[] greedy) {

        /** Short, for a test's display name. */
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%d+%d", sinks, window);
        }
    }

    /**
     * Each token from the tokens before it, at fresh positions.
     *
     * @param context how many tokens each is predicted from at most, the last one included
     * @param nll nats
     */
    public record Recomputation(int context, double[] nll) {}

    /** The family's golden folder, such as {@code llama}; without it the running test is skipped. */
    public static Golden require(String family) {
        Path folder = Shared.require("golden").resolve(family);
        try {
            Golden read = new Gson().fromJson(Files.readString(folder.resolve("golden.json")), Golden.class);
            return new Golden(folder, read.ids(), read.dense(), read.streaming(), read.recomputation());
        } catch (IOException e) {
            throw new UncheckedIOException("no golden numbers in " + folder, e);
        }
    }
}
