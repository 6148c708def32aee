package io.sinkstream.harness;

import io.sinkstream.testing.PlainDecoder;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import io.sinkstream.testing.TinyTokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A tiny model whose tokens are the bytes of a text, and the numbers that its streams must get. */
public final class Streams {
    private Streams() {}

    /** Writes the model, with BOS in front of a stream. */
    public static Path model(Path folder) throws IOException {
        return TinyModels.of(Shape.llama()).tokenizer(Prefix.BOS).write(folder);
    }

    /** The ids of a stream of these texts, BOS and separators included. */
    public static int[] ids(List<String> texts, String separator) {
        byte[] bytes = texts.stream()
                .map(text -> text + separator)
                .reduce("", String::concat)
                .getBytes(StandardCharsets.UTF_8);
        return IntStream.concat(
                        IntStream.of(TinyTokenizer.BOS),
                        IntStream.range(0, bytes.length).map(i -> TinyTokenizer.BYTES + (bytes[i] & 0xff)))
                .toArray();
    }

    /** The NLL of every token, nats; NaN for the first. */
    public static double[] nll(Path model, int[] ids, int sinks, int window) {
        double[] predicted = PlainDecoder.load(model).nll(ids, sinks, window);
        double[] nll = new double[ids.length];
        nll[0] = Double.NaN;
        System.arraycopy(predicted, 0, nll, 1, predicted.length);
        return nll;
    }

    /** The numbers that are predicted, summed. */
    public static double sum(double[] nll) {
        return Arrays.stream(nll).filter(x -> !Double.isNaN(x)).sum();
    }
}
