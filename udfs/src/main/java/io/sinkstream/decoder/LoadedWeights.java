package io.sinkstream.decoder;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A model's weights in the forms that its programs take. They know no rule: any number of {@link Decoder#of decoders} share them,
 * each with sinks and a window of its own, on threads of their own.
 *
 * <p>Belongs to whoever loads it, who closes it after the last decoder.
 */
public final class LoadedWeights implements AutoCloseable {
    private final Hardware hardware;
    private final DecoderSpec spec;
    private final Numbers numbers;
    private final PtNDManager manager;
    private final ProductChoice choice;
    /** The program for few rows and the one for many; one program if they are the same. */
    private final List<LoadedProgram> programs;

    private LoadedWeights(
            DecoderSpec spec, Numbers numbers, PtNDManager manager, WeightSource source, ProductChoice choice) {
        this.hardware = Hardware.of(manager);
        this.spec = spec;
        this.numbers = numbers;
        this.manager = manager;
        this.choice = choice;
        this.programs = programs(source);
    }

    private List<LoadedProgram> programs(WeightSource source) {
        List<LoadedProgram> loaded = new ArrayList<>();
        try {
            for (Products products :
                    Stream.of(choice.few(), choice.many()).distinct().toList()) {
                LoadedProgram program = new LoadedProgram(program(hardware, spec, numbers, products), manager);
                loaded.add(program);
                program.load(source);
            }
            return List.copyOf(loaded);
        } catch (RuntimeException | Error e) {
            loaded.forEach(LoadedProgram::close);
            throw e;
        }
    }

    private static DecoderProgram program(Hardware hardware, DecoderSpec spec, Numbers numbers, Products products) {
        DecoderProgram program = new DecoderProgram(hardware, spec, numbers.weights(), numbers.cache(), products);
        return numbers.deterministic() ? program.deterministic() : program;
    }

    /**
     * Loads the weights and measures which products are the fastest here.
     *
     * @param manager will own the weights; closed by {@link #close}, and by the caller if this throws
     * @param source gives each of {@link DecoderSpec#weights}, perhaps more than once
     * @throws io.sinkstream.settings.UserException if the device can't attend with such heads
     */
    public static LoadedWeights load(DecoderSpec spec, Numbers numbers, NDManager manager, WeightSource source) {
        Hardware hardware = Hardware.of(manager);
        hardware.requireHeads(spec.sizes().headSize(), numbers.cache());
        Function<Products, DecoderProgram> programs = products -> program(hardware, spec, numbers, products);
        ProductChoice choice = numbers.deterministic()
                ? ProductChoice.determined(spec, numbers, programs, manager, source)
                : ProductChoice.measure(spec, numbers, programs, manager, source);
        return load(spec, numbers, manager, source, choice);
    }

    /** The same with products that someone else has chosen. */
    static LoadedWeights load(
            DecoderSpec spec, Numbers numbers, NDManager manager, WeightSource source, ProductChoice choice) {
        return new LoadedWeights(spec, numbers, (PtNDManager) manager, source, choice);
    }

    /** What they lie on. */
    public Hardware hardware() {
        return hardware;
    }

    /** The decoder that they are weights of. */
    public DecoderSpec spec() {
        return spec;
    }

    /** The number types that they and their decoders' caches have. */
    public Numbers numbers() {
        return numbers;
    }

    PtNDManager manager() {
        return manager;
    }

    List<LoadedProgram> programs() {
        return programs;
    }

    /** Which of the programs takes a pass with so many rows. */
    int place(int rows) {
        return rows < choice.threshold() ? 0 : programs.size() - 1;
    }

    /** Frees the weights, and the manager that they were loaded into. */
    @Override
    public void close() {
        programs.forEach(LoadedProgram::close);
        manager.close();
    }
}
