package io.sinkstream.decoder;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.family.Families;
import io.sinkstream.settings.NumberType;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each way to multiply by weights, whichever the machine at hand would choose. */
class ProductsTest {
    private static final int INPUTS = 192;
    private static final int OUTPUTS = 80;

    @TempDir
    private Path folder;

    /** The number type of the weights that they serve. */
    static NumberType held(Products products) {
        return switch (products) {
            case MAPPED, FLOAT32, FLOAT32_ALIKE, PLAIN_FLOAT32 -> NumberType.FLOAT32;
            case BFLOAT16, BFLOAT16_BY_FOURS, BFLOAT16_BAGS, BFLOAT16_NARROW_BAGS, BFLOAT16_ALIKE, PLAIN_BFLOAT16 ->
                NumberType.BFLOAT16;
            case INT8, NIBBLES, INT8_BAGS, PLAIN_INT8 -> NumberType.INT8;
        };
    }

    private LoadedProgram program(Products products, NDManager manager) {
        SinkWindow rule = new SinkWindow(4, 28);
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
        DecoderSpec spec = Families.spec(Checkpoint.open(folder), rule);
        return new LoadedProgram(
                new DecoderProgram(Hardware.CPU, spec, held(products), NumberType.FLOAT32, products), manager);
    }

    private static double[] numbers(IValue tensor, PtNDManager manager) {
        NDArray array = tensor.toTensor(manager);
        float[] floats = array.toFloatArray();
        double[] doubles = new double[floats.length];
        for (int i = 0; i < floats.length; i++) {
            doubles[i] = floats[i];
        }
        return doubles;
    }

    /** |a - b| / |b|. */
    private static double error(double[] a, double[] b) {
        double off = 0;
        double size = 0;
        for (int i = 0; i < a.length; i++) {
            off += (a[i] - b[i]) * (a[i] - b[i]);
            size += b[i] * b[i];
        }
        return Math.sqrt(off / size);
    }

    @ParameterizedTest
    @EnumSource(Products.class)
    void theProductIsThatOfTheHeldWeights(Products products) {
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
                LoadedProgram program = program(products, manager)) {
            PtNDManager owner = (PtNDManager) manager;
            manager.getEngine().setRandomSeed(7);
            NDArray weights = manager.randomNormal(new Shape(OUTPUTS, INPUTS));
            double[] held;
            double[] exact = new double[0];
            if (isMissing(program, weights)) {
                // On such a processor it is never chosen, and a budget in which none fits gets what every one can do.
                long narrow = 2
                        * Families.spec(Checkpoint.open(folder), new SinkWindow(4, 28))
                                .parameters();
                for (long bytes : new long[] {0, narrow, Long.MAX_VALUE}) {
                    assertThat(measured(held(products), bytes, manager)).doesNotContain(products);
                }
                assertThat(measured(held(products), 0, manager)).containsOnly(Products.plain(held(products)));
                return;
            }
            try (IValue w = IValue.from((PtNDArray) weights);
                    IValue asHeld = program.run("held", w);
                    IValue packed = program.run("pack", w);
                    IValue inputs = IValue.from((long) INPUTS);
                    IValue outputs = IValue.from((long) OUTPUTS)) {
                held = numbers(asHeld, owner);
                List<PtNDArray> parts = List.of(packed.toTensorArray(owner));
                for (int rows : new int[] {1, 2, 3, 4, 5, 17, 64}) {
                    NDArray x = manager.randomNormal(new Shape(rows, INPUTS));
                    boolean half = products.activations() == NumberType.BFLOAT16;
                    try (IValue single = IValue.from((PtNDArray) x);
                            IValue narrow = program.run("table", single);
                            IValue given = half ? narrow : single;
                            IValue none = program.run("nothing");
                            IValue weight = IValue.from(parts.get(0));
                            IValue scale = parts.size() > 1 ? IValue.from(parts.get(1)) : program.run("nothing");
                            IValue y = program.run("product", given, weight, scale, none, inputs, outputs);
                            IValue wideX = program.run("wide", given);
                            IValue wideY = program.run("wide", y)) {
                        exact = product(numbers(wideX, owner), held, rows);
                        // A bfloat16 result is rounded to 8 bits; fp32 sums of 192 terms are good for 6 digits.
                        assertThat(error(numbers(wideY, owner), exact))
                                .as("%s, %d rows", products, rows)
                                .isLessThan(half ? 4e-3 : 1e-6);
                    }
                }
            }
            // How far the held weights are from the given ones: nothing, 8 bits, or a 254th of each row's largest.
            double[] given = new double[held.length];
            float[] floats = weights.toFloatArray();
            for (int i = 0; i < given.length; i++) {
                given[i] = floats[i];
            }
            assertThat(error(held, given))
                    .isLessThan(
                            switch (held(products)) {
                                case FLOAT32 -> 1e-12;
                                case BFLOAT16 -> 2e-3;
                                case INT8 -> 1e-2;
                            });
            assertThat(exact).isNotEmpty();
        }
    }

    /** Whether libtorch has it, but not for this processor. */
    private static boolean isMissing(LoadedProgram program, NDArray weights) {
        try (IValue w = IValue.from((PtNDArray) weights)) {
            program.run("pack", w).close();
            return false;
        } catch (EngineException e) {
            assertThat(e).hasMessageContaining("cpu support");
            return true;
        }
    }

    /** What is chosen for few rows and for many, within a budget of bytes. */
    private List<Products> measured(NumberType weights, long bytes, NDManager manager) {
        SinkWindow rule = new SinkWindow(4, 28);
        Checkpoint checkpoint = Checkpoint.open(folder);
        DecoderSpec spec = Families.spec(checkpoint, rule);
        ProductChoice choice = ProductChoice.measure(
                spec,
                new Numbers(weights, NumberType.FLOAT32, bytes),
                products -> new DecoderProgram(Hardware.CPU, spec, weights, NumberType.FLOAT32, products),
                manager,
                Families.weights(checkpoint, spec));
        return List.of(choice.few(), choice.many());
    }

    private static double[] product(double[] x, double[] weights, int rows) {
        double[] y = new double[rows * OUTPUTS];
        for (int row = 0; row < rows; row++) {
            for (int out = 0; out < OUTPUTS; out++) {
                double sum = 0;
                for (int in = 0; in < INPUTS; in++) {
                    sum += x[row * INPUTS + in] * weights[out * INPUTS + in];
                }
                y[row * OUTPUTS + out] = sum;
            }
        }
        return y;
    }
}
