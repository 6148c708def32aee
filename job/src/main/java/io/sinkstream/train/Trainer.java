package io.sinkstream.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.sinkstream.decoder.TorchCalls;
import io.sinkstream.decoder.TorchScript;
import io.sinkstream.decoder.Weight;
import io.sinkstream.settings.NumberType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * A model in training on one device, with the two moments of its optimizer. Belongs to the thread that made it, as OpenMP's
 * threads do. Its arrays are those of a manager of its own, which {@link #close} closes.
 */
final class Trainer implements AutoCloseable {
    /** IValueUtils takes the method's name from an array that has it. */
    private static final String LOSS = "module_method:loss";

    private static final String SHARES = "module_method:shares";

    private final Architecture architecture;
    private final PtNDManager manager;
    private final PtSymbolBlock program;
    private final PtNDArray cos;
    private final PtNDArray sin;
    private final List<PtNDArray> weights;
    private final List<PtNDArray> first;
    private final List<PtNDArray> second;
    private int accumulated;

    /**
     * Begins where {@code state} is.
     *
     * @param products what products are computed in
     * @param parent on the device; its child will own the memory
     */
    Trainer(
            Architecture architecture,
            Optimization optimization,
            NumberType products,
            TrainingState state,
            NDManager parent) {
        this.architecture = architecture;
        this.manager = (PtNDManager) parent.newSubManager();
        try {
            this.program = TorchScript.load(TrainingProgram.archive(architecture, optimization, products), manager);
            this.cos = rotary(Math::cos);
            this.sin = rotary(Math::sin);
            this.weights = arrays(state.weights(), manager);
            this.first = arrays(state.first(), manager);
            this.second = arrays(state.second(), manager);
            weights.forEach(weight -> {
                weight.setRequiresGradient(true);
                // Arrays of this name are one argument, a list.
                weight.setName("w[]");
            });
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    /** Cosines or sines, [T, D / 2]. */
    private PtNDArray rotary(DoubleUnaryOperator function) {
        List<Double> frequencies = architecture.frequencies();
        float[] all = new float[architecture.context() * frequencies.size()];
        for (int position = 0; position < architecture.context(); position++) {
            for (int i = 0; i < frequencies.size(); i++) {
                all[position * frequencies.size() + i] = (float) function.applyAsDouble(position * frequencies.get(i));
            }
        }
        return (PtNDArray) manager.create(all, new Shape(architecture.context(), frequencies.size()));
    }

    private List<PtNDArray> arrays(List<float[]> values, NDManager owner) {
        List<Weight> all = architecture.decoder().weights();
        List<PtNDArray> arrays = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            long[] shape =
                    all.get(i).shape().stream().mapToLong(Long::longValue).toArray();
            // In libtorch's own memory, which begins where its kernels like it to, whatever else was taken from the
            // heap before.
            try (NDArray javas = owner.create(values.get(i), new Shape(shape))) {
                arrays.add((PtNDArray) javas.duplicate());
            }
        }
        return arrays;
    }

    /**
     * Adds the gradients of these samples to those at hand.
     *
     * @param samples of T + 1 token ids each; of an encoder, as many of each, T at most, those that are hidden as
     *     {@link HiddenTokens} gives them
     * @return the mean NLL of what they predict, nats
     */
    double accumulate(int[][] samples) {
        return TorchCalls.run(() -> addGradients(samples));
    }

    private double addGradients(int[][] samples) {
        boolean before = JniUtils.isGradMode();
        // Not by a GradientCollector, of which a JVM can have one at a time: two tasks of a local run train in one.
        JniUtils.setGradMode(true);
        try (NDManager scratch = manager.newSubManager()) {
            PtNDArray loss = (PtNDArray) loss(samples, scratch);
            JniUtils.backward(loss, (PtNDArray) loss.onesLike(), false, false);
            accumulated++;
            return loss.toType(DataType.FLOAT64, false).toDoubleArray()[0];
        } finally {
            JniUtils.setGradMode(before);
        }
    }

    /** The mean NLL of what these samples predict, nats. */
    double evaluate(int[][] samples) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
        try (NDManager scratch = manager.newSubManager()) {
            return TorchCalls.run(() -> loss(samples, scratch))
                    .toType(DataType.FLOAT64, false)
                    .toDoubleArray()[0];
        } finally {
            JniUtils.setGradMode(before);
        }
    }

    private NDArray loss(int[][] samples, NDManager scratch) {
        return call(LOSS, samples, scratch);
    }

    /**
     * Where the attention of the second half of a text goes. Of a decoder.
     *
     * @param tokens T ids
     * @return for each layer the mean share, from 0 to 1, that its queries there give to key 0, to keys 0 to 3 together, and to
     *     the sink in the denominator, which is 0 without one; [L][3]
     */
    double[][] shares(int[] tokens) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(false);
        try (NDManager scratch = manager.newSubManager()) {
            double[] all = call(SHARES, new int[][] {tokens}, scratch)
                    .toType(DataType.FLOAT64, false)
                    .toDoubleArray();
            int layers = architecture.sizes().layers();
            double[][] shares = new double[layers][];
            for (int layer = 0; layer < layers; layer++) {
                shares[layer] = Arrays.copyOfRange(all, layer * all.length / layers, (layer + 1) * all.length / layers);
            }
            return shares;
        } finally {
            JniUtils.setGradMode(before);
        }
    }

    /** Calls a method of weights, token ids of equal length, and rotation. */
    private NDArray call(String method, int[][] rows, NDManager scratch) {
        int length = rows[0].length;
        long[] ids = new long[rows.length * length];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < length; j++) {
                ids[i * length + j] = rows[i][j];
            }
        }
        // The first argument's manager gets what comes back.
        NDArray name = scratch.zeros(new Shape(1));
        name.setName(method);
        NDList arguments = new NDList(name);
        arguments.addAll(new NDList(weights.toArray(NDArray[]::new)));
        arguments.add(scratch.create(ids, new Shape(rows.length, length)));
        arguments.add(cos);
        arguments.add(sin);
        return IValueUtils.forward(program, arguments, true).singletonOrThrow();
    }

    /**
     * Changes the weights by the gradients at hand, which are gone then.
     *
     * @param done the steps before this one
     * @return the gradients' norm before it was cut
     */
    double step(int done, double rate) {
        try (NDManager scratch = manager.newSubManager();
                IValue all = list(weights);
                IValue ms = list(first);
                IValue vs = list(second);
                IValue steps = IValue.from((long) done);
                IValue speed = IValue.from(rate);
                IValue batches = IValue.from((long) accumulated);
                IValue norm = TorchCalls.run(
                        () -> IValueUtils.runMethod(program, "step", all, ms, vs, steps, speed, batches))) {
            accumulated = 0;
            return norm.toTensor((PtNDManager) scratch)
                    .toType(DataType.FLOAT64, false)
                    .toDoubleArray()[0];
        }
    }

    private static IValue list(List<PtNDArray> arrays) {
        return IValue.listFrom(arrays.toArray(PtNDArray[]::new));
    }

    /** Where the training is. */
    TrainingState state() {
        return new TrainingState(numbers(weights), numbers(first), numbers(second));
    }

    /** Goes on from another state, of the same architecture. */
    void set(TrainingState state) {
        copy(state.weights(), weights);
        copy(state.first(), first);
        copy(state.second(), second);
    }

    private static List<float[]> numbers(List<PtNDArray> arrays) {
        return arrays.stream().map(NDArray::toFloatArray).toList();
    }

    private void copy(List<float[]> from, List<PtNDArray> to) {
        try (NDManager scratch = manager.newSubManager();
                IValue values = list(arrays(from, scratch));
                IValue arrays = list(to)) {
            IValueUtils.runMethod(program, "assign", arrays, values).close();
        }
    }

    @Override
    public void close() {
        program.close();
        manager.close();
    }
}
