package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.TorchEngine;
import io.sinkstream.train.AttentionSpan.Form;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention on both sides, against one query and one key at a time in double precision. */
final class EncoderAttentionTest {
    /** Over more than two chunks of queries. */
    private static final int LENGTH = 150;

    private static final int VOCABULARY = 17;

    static Stream<AttentionSpan> spans() {
        return Stream.of(
                AttentionSpan.window(3),
                AttentionSpan.window(70),
                AttentionSpan.window(1000),
                AttentionSpan.seen(2, 3),
                AttentionSpan.seen(5, 70),
                AttentionSpan.global(2, 3),
                AttentionSpan.global(5, 70),
                AttentionSpan.global(1, 1000));
    }

    @ParameterizedTest
    @MethodSource("spans")
    void hiddenTokensAreToldAsByAPlainEncoder(AttentionSpan span) {
        Architecture architecture = architecture(2, span);
        int[] text = hiding(text(), 0, 1, 2, 40, 63, 64, 100, 149);

        double loss = loss(architecture, NumberType.FLOAT32, text);

        // fp32 against double: a mean of 8 logarithms.
        assertThat(loss).isCloseTo(plainLoss(architecture, text), within(2e-5));
        assertThat(loss(architecture, NumberType.BFLOAT16, text)).isCloseTo(loss, within(0.05));
    }

    @ParameterizedTest
    @CsvSource({
        // One layer, R 3: three tokens to each side and no more.
        "window, 72, true", "window, 78, true", "window, 71, false", "window, 79, false", "window, 0, false",
        // S 2: the first two, from wherever.
        "seen, 0, true", "seen, 1, true", "seen, 2, false", "seen, 71, false", "seen, 79, false",
    })
    void aTokenSeesBothSidesNoFurtherThanTheWindowAndTheSinks(String form, int changed, boolean isSeen) {
        AttentionSpan span = form.equals("window") ? AttentionSpan.window(3) : AttentionSpan.seen(2, 3);
        Architecture architecture = architecture(1, span);
        int[] text = hiding(text(), 75);
        int[] other = text.clone();
        other[changed] = (other[changed] + 5) % VOCABULARY;

        double difference =
                Math.abs(loss(architecture, NumberType.FLOAT32, text) - loss(architecture, NumberType.FLOAT32, other));

        if (isSeen) {
            assertThat(difference).isGreaterThan(1e-4);
        } else {
            assertThat(difference).isZero();
        }
    }

    /** By the second layer what a global token saw of the far end has come to everyone. */
    @ParameterizedTest
    @CsvSource({"GLOBAL, true", "SEEN, false"})
    void onlyGlobalTokensCarryWhatIsFarAway(Form form, boolean carries) {
        Architecture architecture = architecture(2, new AttentionSpan(form, 2, 3));
        int[] text = hiding(text(), 30);
        int[] other = text.clone();
        other[140] = (other[140] + 5) % VOCABULARY;

        double difference =
                Math.abs(loss(architecture, NumberType.FLOAT32, text) - loss(architecture, NumberType.FLOAT32, other));

        assertThat(difference > 1e-6).isEqualTo(carries);
    }

    @Test
    void aHiddenTokenIsNotSeen() {
        Architecture architecture = architecture(2, AttentionSpan.global(2, 3));
        int[] both = hiding(text(), 75, 76);
        int[] other = both.clone();
        other[76] = ~((~other[76] + 5) % VOCABULARY);

        // What stands in the second place is only asked for there: the sum of both differs by its own share alone.
        double first = loss(architecture, NumberType.FLOAT32, both);
        double second = loss(architecture, NumberType.FLOAT32, other);

        double[] nll = plain(architecture, both);
        double[] others = plain(architecture, other);
        assertThat(others[75]).isEqualTo(nll[75]);
        assertThat(2 * (second - first)).isCloseTo(others[76] - nll[76], within(1e-4));
    }

    private static Architecture architecture(int layers, AttentionSpan span) {
        return new Architecture(
                new DecoderSpec.Sizes(layers, 12, 3, 1, 4, 20, VOCABULARY + 1), LENGTH, TrainedSink.NONE, span, true);
    }

    private static int[] text() {
        int[] text = new int[LENGTH];
        for (int t = 0; t < LENGTH; t++) {
            text[t] = (3 * t * t + 5 * t) % VOCABULARY;
        }
        return text;
    }

    private static int[] hiding(int[] text, int... places) {
        for (int place : places) {
            text[place] = ~text[place];
        }
        return text;
    }

    private static double loss(Architecture architecture, NumberType products, int[] text) {
        try (NDManager manager = TorchEngine.newManager(ComputeOptions.DEFAULTS.withDtype("float32"));
                Trainer trainer = new Trainer(
                        architecture, TinyTraining.OPTIMIZATION, products, TinyTraining.begin(architecture), manager)) {
            return trainer.evaluate(new int[][] {text});
        }
    }

    private static double plainLoss(Architecture architecture, int[] text) {
        return Arrays.stream(plain(architecture, text))
                .filter(nll -> !Double.isNaN(nll))
                .average()
                .orElseThrow();
    }

    /** The NLL of each hidden token, NaN for the others. */
    private static double[] plain(Architecture architecture, int[] text) {
        PlainLayers layers = new PlainLayers(architecture);
        AttentionSpan span = architecture.span();
        double[][] x = new double[text.length][];
        for (int t = 0; t < text.length; t++) {
            x[t] = layers.embedding(text[t] < 0 ? VOCABULARY : text[t]);
        }
        for (int layer = 0; layer < architecture.sizes().layers(); layer++) {
            String prefix = "layers." + layer + ".";
            double[][] q = new double[text.length][];
            double[][] k = new double[text.length][];
            double[][] v = new double[text.length][];
            for (int t = 0; t < text.length; t++) {
                double[] h = layers.normed(x[t], prefix + "attention_norm");
                q[t] = layers.product(h, prefix + "query");
                k[t] = layers.product(h, prefix + "key");
                v[t] = layers.product(h, prefix + "value");
            }
            for (int t = 0; t < text.length; t++) {
                layers.add(x[t], attention(architecture, layers, span, q[t], k, v, t), prefix);
            }
        }
        double[] nll = new double[text.length];
        for (int t = 0; t < text.length; t++) {
            double[] logits = layers.product(layers.normed(x[t], "norm"), "embedding");
            double sum = Arrays.stream(logits).map(Math::exp).sum();
            nll[t] = text[t] < 0 ? Math.log(sum) - logits[~text[t]] : Double.NaN;
        }
        return nll;
    }

    private static double[] attention(
            Architecture architecture,
            PlainLayers layers,
            AttentionSpan span,
            double[] q,
            double[][] k,
            double[][] v,
            int t) {
        int size = architecture.sizes().headSize();
        double[] out = new double[architecture.sizes().heads() * size];
        double[] sums = new double[architecture.sizes().heads()];
        for (int j = 0; j < k.length; j++) {
            boolean overAll = span.form() == Form.GLOBAL && t < span.sinks();
            boolean isFirst = overAll || j < span.sinks();
            if (!isFirst && Math.abs(t - j) > span.window()) {
                continue;
            }
            int most = isFirst ? span.sinks() + span.window() : Integer.MAX_VALUE;
            double[] query = layers.rotated(q, Math.min(t, most));
            double[] key = layers.rotated(k[j], Math.min(j, most));
            for (int head = 0; head < sums.length; head++) {
                int shared = head * architecture.sizes().keyValueHeads() / sums.length;
                double score = 0;
                for (int i = 0; i < size; i++) {
                    score += query[head * size + i] * key[shared * size + i];
                }
                double weight = Math.exp(score / Math.sqrt(size));
                sums[head] += weight;
                for (int i = 0; i < size; i++) {
                    out[head * size + i] += weight * v[j][shared * size + i];
                }
            }
        }
        for (int i = 0; i < out.length; i++) {
            out[i] /= sums[i / size];
        }
        return out;
    }
}
