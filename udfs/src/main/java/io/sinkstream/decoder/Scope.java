package io.sinkstream.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The native values of one call of a program; closed with it. IValues have no finalizer. */
final class Scope implements AutoCloseable {
    private final PtNDManager manager;
    private final Deque<IValue> values = new ArrayDeque<>();

    Scope(PtNDManager parent) {
        this.manager = (PtNDManager) parent.newSubManager();
    }

    /** Owns the call's tensors. */
    PtNDManager manager() {
        return manager;
    }

    IValue own(IValue value) {
        values.push(value);
        return value;
    }

    IValue number(long number) {
        return own(IValue.from(number));
    }

    /** A tensor that says by its device where others shall lie. */
    IValue like() {
        return own(IValue.from((PtNDArray) manager.zeros(new Shape(1))));
    }

    IValue tensor(long[] numbers, Shape shape) {
        return own(IValue.from((PtNDArray) manager.create(numbers, shape)));
    }

    IValue tensor(float[] numbers, Shape shape) {
        return own(IValue.from((PtNDArray) manager.create(numbers, shape)));
    }

    IValue list(List<NDArray> tensors) {
        return own(IValue.listFrom(tensors.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new)));
    }

    /** Waits for fp32 numbers, and drops them: a GPU's call returns before it has computed. */
    void await(IValue tensor) {
        own(tensor).toTensor(manager).toFloatArray();
    }

    @Override
    public void close() {
        values.forEach(IValue::close);
        manager.close();
    }
}
