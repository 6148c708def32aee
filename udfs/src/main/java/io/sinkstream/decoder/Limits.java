package io.sinkstream.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.settings.NumberType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What bounds a decoder's passes: the bare matrix products, the work, and what the machine reaches. For measurements only: it has
 * programs of its own beside the decoder's. Belongs to its decoder, which closes it, and to the decoder's thread.
 */
public final class Limits implements AutoCloseable {
    private static final int RATE_TIMES = 5;

    private final Decoder decoder;
    private final LoadedWeights weights;
    private final List<LoadedProgram> programs = new ArrayList<>();

    Limits(Decoder decoder) {
        this.decoder = decoder;
        this.weights = decoder.weights();
        try {
            for (LoadedProgram program : weights.programs()) {
                programs.add(new LoadedProgram(program.program().forLimits(), weights.manager()));
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /**
     * Times the matrix products of a pass over full caches, and nothing else: all linear layers for all rows together, each
     * stream's queries against S + R + 1 keys and the products with as many values. What a pass takes more is its own.
     *
     * @param rows of each stream
     * @param times how often
     * @return seconds, ascending
     */
    public double[] productSeconds(int streams, int rows, int times) {
        double[] seconds = new double[times];
        int place = weights.place(streams * rows);
        LoadedProgram program = programs.get(place);
        IValue[] held = {weights.programs().get(place).weights(), null, null, null};
        try (Scope scope = new Scope(weights.manager())) {
            held[2] = scope.number(streams);
            IValue keys = scope.number(decoder.cacheShape().rule().sinks()
                    + (long) decoder.cacheShape().rule().ringSlots());
            held[1] = scope.own(program.run("memory", scope.like(), held[2], keys));
            held[3] = scope.number(rows);
            for (int i = 0; i < times; i++) {
                long start = System.nanoTime();
                scope.await(program.run("products", held));
                seconds[i] = (System.nanoTime() - start) / 1e9;
            }
        }
        Arrays.sort(seconds);
        return seconds;
    }

    /**
     * Times what predicts a token without a cache: all tokens before it are run, and what follows the last is asked for. No
     * other logits are computed.
     *
     * @param tokens at least one
     * @param chunk how many of them go through the layers at a time, as in scoring
     * @return seconds
     */
    public double recomputationSeconds(int[] tokens, int chunk) {
        try (KeyValueCache empty = new KeyValueCache(decoder.manager(), decoder.cacheShape(), decoder.cells())) {
            long start = System.nanoTime();
            for (int done = 0; done < tokens.length; done += chunk) {
                int[] some = Arrays.copyOfRange(tokens, done, Math.min(tokens.length, done + chunk));
                int[] unscored = new int[some.length];
                Arrays.fill(unscored, -1);
                var unused =
                        decoder.run(List.of(new Chunk(empty, some, unscored, done + some.length == tokens.length, 0)));
            }
            return (System.nanoTime() - start) / 1e9;
        }
    }

    /** The number type of the weights. */
    public NumberType weightType() {
        return weights.numbers().weights();
    }

    /** What a pass of so many streams with so many rows each has to do. */
    public PassWork work(int streams, int rows) {
        DecoderSpec spec = decoder.spec();
        DecoderSpec.Sizes sizes = spec.sizes();
        long multiplied = spec.weights().stream()
                .filter(weight -> weight.role().kind() == Role.Kind.PROJECTION && !weight.isBias())
                .mapToLong(Weight::numbers)
                .sum();
        if (spec.output().tied()) {
            multiplied += (long) sizes.vocabulary() * sizes.hidden();
        }
        long keys = decoder.cacheShape().groups().stream()
                .mapToLong(group -> (long) group.layers()
                        * (group.rule().sinks() + group.rule().ringSlots()))
                .sum();
        double attended = (double) keys * sizes.headSize();
        double flops = 2.0 * streams * rows * (multiplied + 2 * attended * sizes.heads());
        Products products =
                programs.get(weights.place(streams * rows)).program().products();
        double cache = 2
                * attended
                * sizes.keyValueHeads()
                * decoder.cacheShape().type().bytes();
        return new PassWork(flops, (double) multiplied * products.bytesRead() + streams * cache);
    }

    /** Measures what this machine reaches, by the best of a few tries. */
    public MachineRates rates() {
        LoadedProgram program = programs.get(programs.size() - 1);
        Hardware.Probe probe = decoder.hardware().probe();
        try (Scope scope = new Scope(weights.manager())) {
            NDArray memory = scope.manager().zeros(new Shape(probe.bytes() / 4));
            double read = Double.POSITIVE_INFINITY;
            double multiplied = Double.POSITIVE_INFINITY;
            IValue plain =
                    scope.own(IValue.from((PtNDArray) scope.manager().ones(new Shape(probe.size(), probe.size()))));
            IValue packed = scope.own(program.run("pack", plain));
            IValue rows = scope.number(probe.rows());
            IValue size = scope.number(probe.size());
            for (int i = 0; i < RATE_TIMES; i++) {
                long start = System.nanoTime();
                memory.sum().toFloatArray();
                read = Math.min(read, (System.nanoTime() - start) / 1e9);
                start = System.nanoTime();
                scope.await(program.run("square", packed, rows, size));
                multiplied = Math.min(multiplied, (System.nanoTime() - start) / 1e9);
            }
            return new MachineRates(
                    2.0 * probe.rows() * probe.size() * probe.size() / multiplied, probe.bytes() / read);
        }
    }

    @Override
    public void close() {
        programs.forEach(LoadedProgram::close);
    }
}
