package io.sinkstream.djl;

import ai.djl.inference.Predictor;
import ai.djl.repository.zoo.Criteria;
import ai.djl.training.util.ProgressBar;
import ai.djl.translate.TranslatorFactory;
import com.sun.jna.Function;
import com.sun.jna.Platform;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A program that makes the calls of DJL's Spark extension: those of its {@code ModelLoader} after Spark has sent the translator factory to
 * an executor, and the predictions of {@code TextEmbedder} and {@code BinaryPredictor}. Arguments are the model's URL and a text.
 */
final class SparkExtensionCalls {
    private SparkExtensionCalls() {}

    public static void main(String[] args) throws Exception {
        for (String absent : List.of("org.apache.spark.SparkContext", "scala.Option")) {
            requireAbsent(absent);
        }
        Map<String, Object> arguments = new HashMap<>();
        arguments.put("batchifier", "none");
        Criteria<String, float[]> criteria = criteria(String.class, float[].class, args[0], arguments);
        tellWhatIsThere();
        try (Predictor<String, float[]> embedder = criteria.loadModel().newPredictor()) {
            for (float nll : embedder.predict(args[1])) {
                // On a line of its own, whatever the progress bar has left.
                System.out.println("\nnll " + nll);
            }
        }
        try (Predictor<byte[], byte[]> binary = criteria(byte[].class, byte[].class, args[0], arguments)
                .loadModel()
                .newPredictor()) {
            byte[] scored = binary.predict(args[1].getBytes(StandardCharsets.UTF_8));
            System.out.println("\nbytes " + new String(scored, StandardCharsets.UTF_8));
        }
    }

    private static void requireAbsent(String name) {
        try {
            Class.forName(name);
        } catch (ClassNotFoundException e) {
            return;
        }
        throw new IllegalStateException(name + " is on the class path");
    }

    private static <I, O> Criteria<I, O> criteria(
            Class<I> input, Class<O> output, String url, Map<String, Object> arguments) throws Exception {
        var builder = Criteria.builder()
                .setTypes(input, output)
                .optEngine("PyTorch")
                .optModelUrls(url)
                .optTranslatorFactory(sent(new StreamTranslatorFactory()))
                .optProgress(new ProgressBar());
        builder.optArguments(arguments);
        return builder.build();
    }

    private static TranslatorFactory sent(TranslatorFactory factory) throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(factory);
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (TranslatorFactory) in.readObject();
        }
    }

    /** The process's own environment, of which Java has a copy from its start. */
    private static void tellWhatIsThere() throws IOException {
        String spins = Function.getFunction(Platform.C_LIBRARY_NAME, "getenv")
                .invokeString(new Object[] {"GOMP_SPINCOUNT"}, false);
        boolean isLoaded = Files.readString(Path.of("/proc/self/maps")).contains("libtorch");
        System.out.println("before the engine: spins " + spins + ", libtorch is " + (isLoaded ? "there" : "not there"));
    }
}
