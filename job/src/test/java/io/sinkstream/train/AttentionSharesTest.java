package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import io.sinkstream.decoder.DecoderSpec;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.TorchEngine;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Where attention goes, against one query and one head at a time in double precision. */
final class AttentionSharesTest {
    @ParameterizedTest
    @EnumSource
    void sharesAreThoseOfAPlainDecoder(TrainedSink sink) {
        Architecture architecture = TinyTraining.architecture(sink, true);
        int[] tokens = Arrays.copyOf(TinyTraining.samples(architecture, 1, 0)[1], architecture.context());
        double[][] expected = new Plain(architecture).shares(tokens);

        try (NDManager manager = TorchEngine.newManager(ComputeOptions.DEFAULTS.withDtype("float32"));
                Trainer trainer = new Trainer(
                        architecture,
                        TinyTraining.OPTIMIZATION,
                        NumberType.FLOAT32,
                        TinyTraining.begin(architecture),
                        manager)) {
            double[][] shares = trainer.shares(tokens);

            assertThat(shares).hasDimensions(architecture.sizes().layers(), 3);
            for (int layer = 0; layer < shares.length; layer++) {
                // fp32 against double.
                assertThat(shares[layer]).containsExactly(expected[layer], within(1e-6));
                assertThat(shares[layer][0]).isBetween(0.02, 0.5);
                assertThat(shares[layer][1]).isGreaterThan(shares[layer][0]);
                boolean isVirtual = sink == TrainedSink.ZERO || sink == TrainedSink.HEAD;
                assertThat(shares[layer][2]).isBetween(isVirtual ? 0.02 : 0, isVirtual ? 0.5 : 0);
            }
        }
    }

    /** A decoder of loops. */
    private static final class Plain {
        private final Architecture architecture;
        private final DecoderSpec.Sizes sizes;
        private final PlainLayers layers;

        Plain(Architecture architecture) {
            this.architecture = architecture;
            this.sizes = architecture.sizes();
            this.layers = new PlainLayers(architecture);
        }

        double[][] shares(int[] tokens) {
            int size = sizes.headSize();
            double[][] x = new double[tokens.length][];
            for (int t = 0; t < tokens.length; t++) {
                x[t] = layers.embedding(tokens[t]);
            }
            double[][] shares = new double[sizes.layers()][3];
            int queries = tokens.length - tokens.length / 2;
            for (int layer = 0; layer < sizes.layers(); layer++) {
                String prefix = "layers." + layer + ".";
                double[][] q = new double[tokens.length][];
                double[][] k = new double[tokens.length][];
                double[][] v = new double[tokens.length][];
                for (int t = 0; t < tokens.length; t++) {
                    double[] h = layers.normed(x[t], prefix + "attention_norm");
                    q[t] = layers.rotated(layers.product(h, prefix + "query"), t);
                    k[t] = layers.rotated(layers.product(h, prefix + "key"), t);
                    v[t] = layers.product(h, prefix + "value");
                }
                for (int t = 0; t < tokens.length; t++) {
                    double[] a = new double[sizes.heads() * size];
                    for (int head = 0; head < sizes.heads(); head++) {
                        int shared = head / (sizes.heads() / sizes.keyValueHeads());
                        double[] weight = new double[t + 1];
                        double sink = sink(prefix, head);
                        double sum = sink;
                        for (int j = 0; j <= t; j++) {
                            double score = 0;
                            for (int i = 0; i < size; i++) {
                                score += q[t][head * size + i] * k[j][shared * size + i];
                            }
                            weight[j] = Math.exp(score / Math.sqrt(size));
                            sum += weight[j];
                        }
                        for (int j = 0; j <= t; j++) {
                            for (int i = 0; i < size; i++) {
                                a[head * size + i] += weight[j] / sum * v[j][shared * size + i];
                            }
                        }
                        if (t >= tokens.length / 2) {
                            double mean = sum * queries * sizes.heads();
                            shares[layer][0] += weight[0] / mean;
                            shares[layer][1] += (weight[0] + weight[1] + weight[2] + weight[3]) / mean;
                            shares[layer][2] += sink / mean;
                        }
                    }
                    layers.add(x[t], a, prefix);
                }
            }
            return shares;
        }

        /** What the sink adds to the denominator. */
        private double sink(String prefix, int head) {
            return switch (architecture.sink()) {
                case NONE, LEARNABLE -> 0;
                case ZERO -> 1;
                case HEAD -> Math.exp(layers.weight(prefix + "sinks")[head]);
            };
        }
    }
}
