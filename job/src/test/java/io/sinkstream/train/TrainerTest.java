package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.decoder.TorchScript;
import io.sinkstream.decoder.Weight;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.TorchEngine;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class TrainerTest {
    /** Rates of {@code training_step.py}. */
    private static final double[] RATES = {1e-2, 7e-3};

    static Stream<JsonObject> cases() {
        JsonArray all = JsonParser.parseReader(new InputStreamReader(
                        TrainerTest.class.getResourceAsStream("training-steps.json"), StandardCharsets.UTF_8))
                .getAsJsonArray();
        return StreamSupport.stream(all.spliterator(), false).map(JsonElement::getAsJsonObject);
    }

    /** The expected numbers are in double precision; {@code src/test/python/training_step.py} made them. */
    @ParameterizedTest
    @MethodSource("cases")
    void twoStepsAreThoseOfPyTorch(JsonObject expected) {
        TrainedSink sink =
                TrainedSink.valueOf(expected.get("sink").getAsString().toUpperCase(Locale.ROOT));
        Architecture architecture =
                TinyTraining.architecture(sink, expected.get("tied").getAsBoolean());
        try (NDManager manager = TorchEngine.newManager(ComputeOptions.DEFAULTS.withDtype("float32"));
                Trainer trainer = new Trainer(
                        architecture,
                        TinyTraining.OPTIMIZATION,
                        NumberType.FLOAT32,
                        TinyTraining.begin(architecture),
                        manager)) {
            JsonArray steps = expected.getAsJsonArray("steps");
            for (int step = 0; step < steps.size(); step++) {
                JsonObject wanted = steps.get(step).getAsJsonObject();
                JsonArray losses = wanted.getAsJsonArray("losses");
                for (int batch = 0; batch < losses.size(); batch++) {
                    int[][] samples = TinyTraining.samples(architecture, step, batch);
                    double loss = trainer.accumulate(samples);
                    // fp32 against fp64: a mean of 18 logarithms.
                    assertThat(loss).isCloseTo(losses.get(batch).getAsDouble(), within(2e-5));
                    assertThat(trainer.evaluate(samples)).isCloseTo(loss, within(1e-6));
                }
                assertThat(trainer.step(step, RATES[step]))
                        .isCloseTo(wanted.get("norm").getAsDouble(), within(1e-4));
            }
            List<Weight> roles = architecture.decoder().weights();
            List<float[]> weights = trainer.state().weights();
            for (int i = 0; i < roles.size(); i++) {
                JsonArray wanted = expected.getAsJsonObject("weights")
                        .getAsJsonArray(roles.get(i).name());
                float[] found = weights.get(i);
                double sum = 0;
                double squares = 0;
                for (float number : found) {
                    sum += number;
                    squares += (double) number * number;
                }
                // The first step of Adam goes by a gradient's sign, so where that is almost 0 its rounding shows.
                assertThat(sum).as(roles.get(i).name()).isCloseTo(wanted.get(0).getAsDouble(), within(1e-3));
                assertThat(squares)
                        .as(roles.get(i).name())
                        .isCloseTo(wanted.get(1).getAsDouble(), within(1e-3));
                assertThat((double) found[found.length - 1])
                        .as(roles.get(i).name())
                        .isCloseTo(wanted.get(2).getAsDouble(), within(1e-4));
            }
        }
    }

    /** In double precision, where a central difference is good to nine digits or so. */
    @ParameterizedTest
    @EnumSource
    void gradientsAreThoseOfFiniteDifferences(TrainedSink sink) {
        Architecture architecture = TinyTraining.architecture(sink, false);
        try (NDManager manager = TorchEngine.newManager(ComputeOptions.DEFAULTS.withDtype("float32"))) {
            PtSymbolBlock program = TorchScript.load(
                    TrainingProgram.archive(architecture, TinyTraining.OPTIMIZATION, NumberType.FLOAT32),
                    (PtNDManager) manager);
            List<Weight> roles = architecture.decoder().weights();
            List<double[]> weights = new ArrayList<>();
            for (int i = 0; i < roles.size(); i++) {
                weights.add(TinyTraining.numbers(i, roles.get(i)));
            }
            List<double[]> gradients = gradients(program, architecture, weights, manager);
            double delta = 1e-5;
            for (int i = 0; i < roles.size(); i++) {
                double[] at = weights.get(i);
                for (int j : new int[] {0, at.length / 3, at.length - 1}) {
                    double before = at[j];
                    at[j] = before + delta;
                    double above = loss(program, architecture, weights, manager);
                    at[j] = before - delta;
                    double below = loss(program, architecture, weights, manager);
                    at[j] = before;
                    // Rounding of 1e-15 over a delta of 1e-5, and the third derivative times its square.
                    assertThat(gradients.get(i)[j])
                            .as("%s, number %d", roles.get(i).name(), j)
                            .isCloseTo((above - below) / (2 * delta), within(1e-8));
                }
                assertThat(Arrays.stream(gradients.get(i)).map(Math::abs).max().orElseThrow())
                        .as(roles.get(i).name())
                        .isGreaterThan(1e-6);
            }
            program.close();
        }
    }

    private static List<double[]> gradients(
            PtSymbolBlock program, Architecture architecture, List<double[]> weights, NDManager manager) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(true);
        try (NDManager scratch = manager.newSubManager()) {
            NDList arguments = arguments(architecture, weights, scratch);
            NDArray loss = IValueUtils.forward(program, arguments, true).singletonOrThrow();
            JniUtils.backward((PtNDArray) loss, (PtNDArray) loss.onesLike(), false, false);
            return arguments.subList(1, 1 + weights.size()).stream()
                    .map(weight -> weight.getGradient().toDoubleArray())
                    .toList();
        } finally {
            JniUtils.setGradMode(before);
        }
    }

    private static double loss(
            PtSymbolBlock program, Architecture architecture, List<double[]> weights, NDManager manager) {
        try (NDManager scratch = manager.newSubManager()) {
            return IValueUtils.forward(program, arguments(architecture, weights, scratch), false)
                    .singletonOrThrow()
                    .toDoubleArray()[0];
        }
    }

    private static NDList arguments(Architecture architecture, List<double[]> weights, NDManager scratch) {
        NDArray method = scratch.zeros(new Shape(1));
        method.setName("module_method:loss");
        NDList arguments = new NDList(method);
        for (int i = 0; i < weights.size(); i++) {
            long[] shape = architecture.decoder().weights().get(i).shape().stream()
                    .mapToLong(Long::longValue)
                    .toArray();
            NDArray weight = scratch.create(weights.get(i), new Shape(shape));
            weight.setRequiresGradient(true);
            weight.setName("w[]");
            arguments.add(weight);
        }
        int[][] samples = TinyTraining.samples(architecture, 0, 0);
        NDArray ids = scratch.create(samples[0]).toType(DataType.INT64, false).reshape(1, samples[0].length);
        int pairs = architecture.frequencies().size();
        double[] angles = new double[architecture.context() * pairs];
        for (int position = 0; position < architecture.context(); position++) {
            for (int i = 0; i < pairs; i++) {
                angles[position * pairs + i] =
                        position * architecture.frequencies().get(i);
            }
        }
        NDArray angle = scratch.create(angles, new Shape(architecture.context(), pairs));
        arguments.addAll(new NDList(ids, angle.cos(), angle.sin()));
        return arguments;
    }

    @Test
    void aBatchInOnePieceAndInMicroBatchesStepsAlike() {
        Architecture architecture = TinyTraining.architecture(TrainedSink.HEAD, true);
        int[][] one = TinyTraining.samples(architecture, 0, 0);
        int[][] two = TinyTraining.samples(architecture, 0, 1);
        int[][] both = {one[0], one[1], two[0], two[1]};
        try (NDManager manager = TorchEngine.newManager(ComputeOptions.DEFAULTS.withDtype("float32"))) {
            try (Trainer whole = trainer(architecture, manager);
                    Trainer parts = trainer(architecture, manager)) {
                double loss = whole.accumulate(both);
                assertThat((parts.accumulate(one) + parts.accumulate(two)) / 2).isCloseTo(loss, within(1e-6));
                assertThat(parts.step(0, 1e-2)).isCloseTo(whole.step(0, 1e-2), within(1e-5));
                assertThat(parts.evaluate(both)).isCloseTo(whole.evaluate(both), within(1e-4));
            }
        }
    }

    @Test
    void bfloat16ProductsAreCloseToThoseOfFloat32() {
        Architecture architecture = TinyTraining.architecture(TrainedSink.ZERO, true);
        int[][] samples = TinyTraining.samples(architecture, 0, 0);
        try (NDManager manager = TorchEngine.newManager(ComputeOptions.DEFAULTS.withDtype("float32"));
                Trainer exact = trainer(architecture, manager);
                Trainer half = new Trainer(
                        architecture,
                        TinyTraining.OPTIMIZATION,
                        NumberType.BFLOAT16,
                        TinyTraining.begin(architecture),
                        manager)) {
            double expected = exact.accumulate(samples);
            double loss = half.accumulate(samples);
            // bfloat16 has three digits.
            assertThat(loss).isCloseTo(expected, within(0.02)).isNotEqualTo(expected);
            assertThat(half.step(0, 1e-2)).isCloseTo(exact.step(0, 1e-2), within(0.1));
        }
    }

    private static Trainer trainer(Architecture architecture, NDManager manager) {
        return new Trainer(
                architecture, TinyTraining.OPTIMIZATION, NumberType.FLOAT32, TinyTraining.begin(architecture), manager);
    }
}
