package io.sinkstream.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import java.util.ArrayList;
import java.util.List;

/** A program in libtorch, and the weights in the form that it takes. Belongs to the thread that loads it. */
final class LoadedProgram implements AutoCloseable {
    private final DecoderProgram program;
    private final PtNDManager manager;
    private final PtSymbolBlock module;
    private IValue weights;

    /** Loads the program without weights. Its native memory is a child of {@code parent}'s. */
    LoadedProgram(DecoderProgram program, NDManager parent) {
        this.program = program;
        this.manager = (PtNDManager) parent.newSubManager();
        try {
            this.module = TorchScript.load(program.archive(), manager);
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    DecoderProgram program() {
        return program;
    }

    /** Loads all weights. */
    void load(WeightSource source) {
        List<PtNDArray> all = new ArrayList<>();
        program.weights().all().forEach(slot -> all.addAll(make(slot, source, manager)));
        weights = IValue.listFrom(all.toArray(PtNDArray[]::new));
    }

    /** What the program takes for a slot: one array, or two where products need scales. */
    List<PtNDArray> make(Slot slot, WeightSource source, NDManager owner) {
        if (slot.form() == Slot.Form.PLAIN) {
            return List.of((PtNDArray) source.load(slot.weights().get(0), owner));
        }
        // A weight that the program keeps as it is must outlive this call.
        boolean mapped = program.products() == Products.MAPPED;
        try (NDManager scratch = owner.newSubManager()) {
            NDList parts = new NDList();
            for (Weight weight : slot.weights()) {
                parts.add(source.load(weight, mapped ? owner : scratch));
            }
            if (mapped) {
                return List.of((PtNDArray) parts.get(0));
            }
            NDArray whole = parts.size() == 1 ? parts.get(0) : NDArrays.concat(parts, 0);
            String method =
                    switch (slot.form()) {
                        case TABLE -> "table";
                        case ADDEND -> "addend";
                        default -> "pack";
                    };
            try (IValue plain = IValue.from((PtNDArray) whole);
                    IValue made = run(method, plain)) {
                return made.isTensorList()
                        ? List.of(made.toTensorArray((PtNDManager) owner))
                        : List.of(made.toTensor((PtNDManager) owner));
            }
        }
    }

    /** What {@link #load} loaded. */
    IValue weights() {
        return weights;
    }

    /** Runs a method of the program, which takes {@link #weights} first if it takes any. */
    IValue run(String method, IValue... arguments) {
        return TorchCalls.run(() -> IValueUtils.runMethod(module, method, arguments));
    }

    @Override
    public void close() {
        if (weights != null) {
            weights.close();
        }
        module.close();
        manager.close();
    }
}
