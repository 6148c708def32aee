package io.sinkstream.testing;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.annotations.SerializedName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Expected numbers for one tiny checkpoint, from other implementations: what "exact" means. They are rounded to 1e-6 nats; fp32
 * is compared with them at 1e-4 nats a token, double precision at 1e-5.
 *
 * <p>Some are of {@code ../shared}, others of this repository ({@code golden/README.md} says how those were made).
 *
 * <p>In every list of NLLs entry t is -ln p(ids[t + 1]), in nats, so there is one less than there are ids.
 *
 * @param folder the checkpoint
 * @param ids the stream's tokens
 * @param dense every token seen from every later one
 * @param streaming the same ids with sinks and a window
 * @param recomputation each token from the {@code context} tokens before it, without a cache; null where there is none
 * @param far the end of a long stream; null where there is none
 */
@SuppressWarnings("ArrayRecordComponent") // nothing compares them as a whole
public record Golden(
        Path folder, int[] ids, Dense dense, List<Streaming> streaming, Recomputation recomputation, Far far) {

    /** The names of those of {@code ../shared}. */
    public static final List<String> SHARED = List.of(
            "falcon",
            "falcon40",
            "gpt_neox",
            "gptj",
            "llama",
            "llama3",
            "mistral",
            "mpt",
            "qwen2",
            "qwen3",
            "stablelm");

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

    /**
     * The last tokens of a long stream.
     *
     * @param sinks S
     * @param window R
     * @param length how many tokens the stream has
     * @param nll nats, of its last tokens
     */
    public record Far(
            @SerializedName("sink") int sinks, int window, @SerializedName("tokens") int length, double[] nll) {

        /** The whole stream, for a vocabulary of that size. */
        public int[] ids(int vocabulary) {
            int[] ids = new int[length];
            for (int t = 0; t < length; t++) {
                ids[t] = (int) ((Formula.splitMix64(t) >>> 33) % vocabulary);
            }
            return ids;
        }
    }

    /** One of {@code ../shared}, such as {@code llama}; without that folder the running test is skipped. */
    public static Golden require(String family) {
        Path folder = Shared.require("golden").resolve(family);
        return read(folder, folder);
    }

    /** The names of those in this repository. */
    public static List<String> own() {
        try (Stream<Path> folders = Files.list(resources())) {
            return folders.filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One of this repository, its checkpoint written into {@code folder}. */
    public static Golden own(String name, Path folder) {
        Path source = resources().resolve(name);
        try {
            Files.createDirectories(folder);
            Files.copy(
                    source.resolve("config.json"), folder.resolve("config.json"), StandardCopyOption.REPLACE_EXISTING);
            JsonObject formulas = JsonParser.parseString(Files.readString(source.resolve("golden.json")))
                    .getAsJsonObject()
                    .getAsJsonObject("tensors");
            SortedMap<String, Tensor> tensors = new TreeMap<>();
            for (Map.Entry<String, JsonElement> entry : formulas.entrySet()) {
                Formula formula = new Gson().fromJson(entry.getValue(), Formula.class);
                tensors.put(entry.getKey(), formula.tensor(entry.getKey()));
            }
            Tensor.write(folder.resolve("model.safetensors"), tensors, NumberType.F32);
        } catch (IOException e) {
            throw new UncheckedIOException("can't write the checkpoint of " + name + " to " + folder, e);
        }
        return read(source, folder);
    }

    private static Golden read(Path numbers, Path checkpoint) {
        try {
            Golden read = new Gson().fromJson(Files.readString(numbers.resolve("golden.json")), Golden.class);
            return new Golden(checkpoint, read.ids(), read.dense(), read.streaming(), read.recomputation(), read.far());
        } catch (IOException e) {
            throw new UncheckedIOException("no golden numbers in " + numbers, e);
        }
    }

    private static Path resources() {
        try {
            return Path.of(Golden.class.getResource("golden").toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
