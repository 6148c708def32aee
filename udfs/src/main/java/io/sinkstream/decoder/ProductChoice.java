package io.sinkstream.decoder;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which products to use for few rows and which for many, measured with the first layer's weights on the machine at hand.
 *
 * <p>Single tokens read every weight once and are bound by memory; chunks are bound by arithmetic. What is best for one is
 * seldom best for the other, and which is best differs from processor to processor.
 *
 * @param few for less than {@code threshold} rows
 * @param many for the others; the same as {@code few} if one copy of the weights serves both
 */
record ProductChoice(Products few, Products many, int threshold) {
    private static final Logger LOG = LoggerFactory.getLogger(ProductChoice.class);

    private static final int[] ROWS = {1, 2, 4, 8, 16, 64};
    private static final int TIMES = 8;
    /** Seconds for all products at one number of rows, beyond which no more are measured there. */
    private static final double PATIENCE = 0.2;
    /** More than most processors' last cache. */
    private static final int CACHE_BYTES = 128 << 20;

    private static final int MOST = ROWS[ROWS.length - 1];

    /** A second copy of the weights is worth its memory and its loading if it is so much faster. */
    private static final double WORTH = 1.15;

    /** All rows alike. */
    static ProductChoice only(Products products) {
        return new ProductChoice(products, products, 1);
    }

    /** Products with two layers' weights, and the seconds that one took at each number of {@link #ROWS}. */
    private record Timing(
            Products products, LoadedProgram program, IValue weights, int perLayer, Map<Integer, Double> seconds)
            implements AutoCloseable {
        double at(int rows) {
            return seconds.get(rows);
        }

        @Override
        public void close() {
            weights.close();
            program.close();
        }
    }

    /** Measures those that serve the weights' type and fit into the budget. Takes tenths of a second. */
    static ProductChoice measure(
            DecoderSpec spec,
            Numbers numbers,
            Function<Products, DecoderProgram> programs,
            NDManager manager,
            WeightSource source) {
        // Alone each must fit; the last resort is the one that takes the least.
        List<Products> serving = Products.of(Hardware.of(manager), numbers.weights(), spec.sizes());
        List<Products> fitting = serving.stream()
                .filter(products -> bytes(spec, products) <= numbers.weightBytes())
                .toList();
        if (serving.size() == 1 || fitting.equals(List.of(Products.MAPPED))) {
            // Nothing to choose from, and it serves everywhere.
            return only(serving.get(0));
        }
        List<Timing> timings = new ArrayList<>();
        try (NDManager scratch = manager.newSubManager();
                IValue like = IValue.from((PtNDArray) scratch.zeros(new Shape(1)))) {
            try {
                for (Products products : fitting) {
                    ready(programs.apply(products), scratch, source, like).ifPresent(timings::add);
                }
                NDArray other = scratch.zeros(new Shape(flushed(spec) / 4));
                for (int rows : ROWS) {
                    time(timings, rows, like, other);
                }
            } finally {
                timings.forEach(Timing::close);
            }
        }
        if (timings.isEmpty()) {
            // This processor has the kernels of none that fits.
            return only(Products.plain(numbers.weights()));
        }
        ProductChoice choice = choose(spec, timings, numbers.weightBytes());
        LOG.info(
                "weights in {}: {} for less than {} rows, {} for more; microseconds a layer at 1 and {} rows: {}",
                numbers.weights(),
                choice.few,
                choice.threshold,
                choice.many,
                MOST,
                timings.stream()
                        .map(t -> t.products() + " " + Math.round(1e6 * t.at(1)) + ", " + Math.round(1e6 * t.at(MOST)))
                        .toList());
        return choice;
    }

    /**
     * Those that give a row the same bits whatever is multiplied with it, and on however many threads: oneDNN's, which multiply
     * each row alike and in one order. Nothing is measured, or machines of one kind might choose differently.
     *
     * @throws UserException if they can't be had
     */
    static ProductChoice determined(
            DecoderSpec spec,
            Numbers numbers,
            Function<Products, DecoderProgram> programs,
            NDManager manager,
            WeightSource source) {
        if (!Hardware.of(manager).equals(Hardware.CPU)) {
            throw new UserException(Settings.DETERMINISTIC + ": is for processors; give " + Settings.DEVICE + " cpu");
        }
        boolean isWide = numbers.weights() == NumberType.FLOAT32;
        // libtorch packs weights in bfloat16 where AVX-512 is, and nowhere else.
        if (!isWide && isThere(programs.apply(Products.BFLOAT16_ALIKE), manager, source)) {
            return only(Products.BFLOAT16_ALIKE);
        }
        long bytes = bytes(spec, Products.FLOAT32_ALIKE);
        if (bytes > numbers.weightBytes()) {
            throw new UserException(Settings.DETERMINISTIC + ": needs a copy of the weights in float32, " + bytes
                    + " bytes, and " + Settings.WEIGHT_MEMORY + " is " + numbers.weightBytes() + "; give more"
                    + (isWide ? ", or " + Settings.DTYPE + " bfloat16 or int8 on a processor with AVX-512" : ""));
        }
        if (!isThere(programs.apply(Products.FLOAT32_ALIKE), manager, source)) {
            throw new UserException(
                    Settings.DETERMINISTIC + ": this processor's libraries have no products by oneDNN; leave it out");
        }
        return only(Products.FLOAT32_ALIKE);
    }

    private static boolean isThere(DecoderProgram program, NDManager manager, WeightSource source) {
        try (NDManager scratch = manager.newSubManager();
                IValue like = IValue.from((PtNDArray) scratch.zeros(new Shape(1)))) {
            Optional<Timing> found = ready(program, scratch, source, like);
            found.ifPresent(Timing::close);
            return found.isPresent();
        }
    }

    private static ProductChoice choose(DecoderSpec spec, List<Timing> timings, long budget) {
        Timing few = timings.stream().min(Comparator.comparing(t -> t.at(1))).orElseThrow();
        Timing many =
                timings.stream().min(Comparator.comparing(t -> t.at(MOST))).orElseThrow();
        // One copy serves both: the one that loses the least where it is not the best.
        Timing both = timings.stream()
                .min(Comparator.comparing(t -> t.at(1) / few.at(1) + t.at(MOST) / many.at(MOST)))
                .orElseThrow();
        boolean worth = both.at(1) > WORTH * few.at(1) || both.at(MOST) > WORTH * many.at(MOST);
        if (!worth || bytes(spec, few.products()) + bytes(spec, many.products()) > budget) {
            return only(both.products());
        }
        int threshold = MOST;
        for (int i = ROWS.length - 1; i >= 0 && many.at(ROWS[i]) < few.at(ROWS[i]); i--) {
            threshold = ROWS[i];
        }
        return new ProductChoice(few.products(), many.products(), threshold);
    }

    private static long bytes(DecoderSpec spec, Products products) {
        return spec.parameters() * products.bytes();
    }

    /** A model that fits into the cache as a whole is read from there. */
    private static long flushed(DecoderSpec spec) {
        return 4 * spec.parameters() < CACHE_BYTES / 4 ? 4 : CACHE_BYTES;
    }

    /** Empty if libtorch has no such products here, or not for these shapes. */
    private static Optional<Timing> ready(DecoderProgram written, NDManager scratch, WeightSource source, IValue like) {
        LoadedProgram program = new LoadedProgram(written.forLimits(), scratch);
        boolean isReady = false;
        try {
            List<PtNDArray> weights = new ArrayList<>();
            for (int layer : new int[] {0, Math.min(1, written.spec().sizes().layers() - 1)}) {
                written.weights().layer(layer).forEach(slot -> weights.addAll(program.make(slot, source, scratch)));
            }
            Timing timing = new Timing(
                    written.products(),
                    program,
                    IValue.listFrom(weights.toArray(PtNDArray[]::new)),
                    weights.size() / 2,
                    new HashMap<>());
            for (int rows : ROWS) {
                seconds(timing, rows, like, 0);
            }
            isReady = true;
            return Optional.of(timing);
        } catch (EngineException e) {
            LOG.debug("{} can't be used", written.products(), e);
            return Optional.empty();
        } finally {
            if (!isReady) {
                program.close();
            }
        }
    }

    /**
     * The best of a few: what else runs on the machine only ever adds. It may do so for seconds, as whoever shares the memory
     * does, and so the products take turns. Before each, {@code other} is read, so that the weights come from memory, and
     * then another layer computed, so that nothing else does: as in a pass through all layers.
     */
    private static void time(List<Timing> timings, int rows, IValue like, NDArray other) {
        double spent = 0;
        for (int i = 0; i < TIMES && spent < PATIENCE; i++) {
            for (Timing timing : timings) {
                other.sum().close();
                spent += seconds(timing, rows, like, 0);
                double seconds = seconds(timing, rows, like, timing.perLayer());
                timing.seconds().merge(rows, seconds, Math::min);
                spent += seconds;
            }
        }
    }

    private static double seconds(Timing timing, int rows, IValue like, long first) {
        try (IValue count = IValue.from((long) rows);
                IValue at = IValue.from(first)) {
            long start = System.nanoTime();
            timing.program().run("linears", timing.weights(), like, count, at).close();
            return (System.nanoTime() - start) / 1e9;
        }
    }
}
