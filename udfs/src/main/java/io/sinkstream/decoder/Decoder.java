package io.sinkstream.decoder;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.sinkstream.cache.CacheShape;
import io.sinkstream.cache.Cells;
import io.sinkstream.cache.ChunkPlan;
import io.sinkstream.cache.SinkWindow;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A loaded decoder: {@link #run} takes chunks of many streams through all layers in one module call.
 *
 * <p>Make and run it on one thread and keep to it: the graph executor's setting and OpenMP's team belong to the thread.
 * Owns its program and holds its weights, which {@link #close} frees with their manager.
 */
public final class Decoder implements AutoCloseable {
    private static final int RATE_TIMES = 5;

    private final Hardware hardware;
    private final DecoderSpec spec;
    private final CacheShape cacheShape;
    private final PtNDManager manager;
    private final ProductChoice choice;
    /** The program for few rows and the one for many; one program if they are the same. */
    private final List<LoadedProgram> programs;

    /** What a pass sets before its first write that leaves a cache invalid if the pass fails; shares its memory with a tensor. */
    private final ByteBuffer spoiled = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());

    private final IValue spoiledTensor;

    private final IValue positions;
    /** Each program's masks. */
    private final List<IValue> bands;

    private Decoder(
            DecoderSpec spec,
            SinkWindow rule,
            Numbers numbers,
            PtNDManager manager,
            WeightSource source,
            Function<Function<Products, DecoderProgram>, ProductChoice> chooser) {
        this.hardware = Hardware.of(manager);
        this.spec = spec;
        this.manager = manager;
        hardware.requireHeads(spec.sizes().headSize(), numbers.cache());
        this.cacheShape = new CacheShape(
                rule,
                spec.groups(rule),
                spec.sizes().keyValueHeads(),
                spec.sizes().headSize(),
                hardware.keysInColumns(numbers.cache()) ? 1 : 0,
                numbers.cache());
        Function<Products, DecoderProgram> written =
                products -> new DecoderProgram(hardware, spec, rule, numbers.weights(), numbers.cache(), products);
        this.choice = chooser.apply(written);
        this.programs = Stream.of(choice.few(), choice.many())
                .distinct()
                .map(products -> new LoadedProgram(written.apply(products), manager))
                .toList();
        programs.forEach(program -> program.load(source));
        this.spoiledTensor =
                IValue.from(manager.newSubManager(Device.cpu()).create(spoiled, new Shape(), DataType.INT64));
        this.positions =
                IValue.listFrom(spec.kinds().stream().map(this::positions).toArray(PtNDArray[]::new));
        this.bands = programs.stream()
                .map(program -> program.run("bands", positions))
                .toList();
    }

    /** Frequencies or slopes; layers that rotate nothing have frequencies of 0. */
    private PtNDArray positions(DecoderSpec.LayerKind kind) {
        double[] numbers = DecoderSpec.positions(kind).stream()
                .mapToDouble(Double::doubleValue)
                .toArray();
        return (PtNDArray) manager.create(Arrays.copyOf(numbers, spec.alibi() ? numbers.length : spec.rotated()));
    }

    /**
     * Loads the weights, measures which products are the fastest here, and makes the programs.
     *
     * @param manager owns the weights; closed by {@link #close}
     * @param source gives each of {@link DecoderSpec#weights}, perhaps more than once
     */
    public static Decoder load(
            DecoderSpec spec, SinkWindow rule, Numbers numbers, NDManager manager, WeightSource source) {
        return new Decoder(
                spec,
                rule,
                numbers,
                (PtNDManager) manager,
                source,
                written -> ProductChoice.measure(spec, numbers, written, manager, source));
    }

    /** The same with products that someone else has chosen. */
    static Decoder load(
            DecoderSpec spec,
            SinkWindow rule,
            Numbers numbers,
            NDManager manager,
            WeightSource source,
            ProductChoice choice) {
        return new Decoder(spec, rule, numbers, (PtNDManager) manager, source, written -> choice);
    }

    /** Which of the programs takes a pass with so many rows. */
    private int place(int rows) {
        return rows < choice.threshold() ? 0 : programs.size() - 1;
    }

    /** What it runs on. */
    public Hardware hardware() {
        return hardware;
    }

    /** What it is. */
    public DecoderSpec spec() {
        return spec;
    }

    /** The shape of the caches that its chunks need. */
    public CacheShape cacheShape() {
        return cacheShape;
    }

    /** Makes the tensors of its caches. */
    public Cells cells() {
        return new Cells() {
            @Override
            public NDArray empty(NDManager owner, int layers, int slots) {
                try (Scope scope = new Scope(manager)) {
                    IValue like = scope.own(IValue.from((PtNDArray) scope.manager.zeros(new Shape(1))));
                    IValue count = scope.own(IValue.from((long) layers));
                    IValue each = scope.own(IValue.from((long) slots));
                    return scope.own(programs.get(0).run("cells", like, count, each))
                            .toTensor((PtNDManager) owner);
                }
            }

            @Override
            public NDArray grown(NDManager owner, NDArray cells, int slots) {
                try (Scope scope = new Scope(manager)) {
                    IValue old = scope.own(IValue.from((PtNDArray) cells));
                    IValue each = scope.own(IValue.from((long) slots));
                    return scope.own(programs.get(0).run("grown", old, each)).toTensor((PtNDManager) owner);
                }
            }
        };
    }

    /** The manager whose children its caches are. */
    public NDManager manager() {
        return manager;
    }

    /**
     * Runs all chunks in one pass and advances their caches. If it throws, every cache holds what it held before, but for one
     * exception.
     *
     * @param chunks of different streams, at least one
     * @return in their order
     * @throws CachesSpoiledException if the caches hold neither what they held before nor what they should: close them
     */
    public List<ChunkResult> run(List<Chunk> chunks) {
        spoiled.putLong(0, 0);
        try {
            return pass(chunks);
        } catch (RuntimeException | Error e) {
            if (spoiled.getLong(0) != 0) {
                throw new CachesSpoiledException(e);
            }
            throw e;
        }
    }

    private List<ChunkResult> pass(List<Chunk> chunks) {
        PassRows rows = new PassRows(chunks, spec.kinds().size());
        List<Chunk> ordered = rows.ordered();
        double[] numbers;
        int place = place(rows.count());
        try (Scope scope = new Scope(manager)) {
            IValue result = scope.own(programs.get(place)
                    .runWithWeights(
                            "forward",
                            positions,
                            bands.get(place),
                            scope.list(ordered.stream()
                                    .flatMap(chunk -> chunk.cache().tensors().stream())
                                    .toList()),
                            scope.own(IValue.listFrom(rows.plans())),
                            scope.tensor(rows.ids(), new Shape(2, rows.count())),
                            scope.own(IValue.from(rows.early())),
                            scope.tensor(rows.scored(), new Shape(2, rows.scored().length / 2)),
                            scope.tensor(rows.last(), new Shape(rows.last().length)),
                            scope.own(IValue.listFrom(rows.slabs())),
                            scope.tensor(
                                    rows.plans(),
                                    new Shape(chunks.size(), spec.kinds().size(), ChunkPlan.NUMBERS)),
                            scope.tensor(rows.padded(), new Shape(rows.padded().length)),
                            scope.tensor(rows.valid(), new Shape(rows.valid().length)),
                            spoiledTensor));
            numbers = result.toTensor(scope.manager).toDoubleArray();
        }
        List<ChunkResult> results = rows.results(numbers);
        for (Chunk chunk : chunks) {
            chunk.cache().advance(chunk.tokens().length, chunk.hash());
        }
        return results;
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
        try (Scope scope = new Scope(manager)) {
            IValue like = scope.own(IValue.from((PtNDArray) scope.manager.zeros(new Shape(1))));
            IValue count = scope.own(IValue.from((long) streams));
            IValue keys = scope.own(IValue.from(
                    cacheShape.rule().sinks() + (long) cacheShape.rule().ringSlots()));
            LoadedProgram program = programs.get(place(streams * rows));
            IValue memory = scope.own(program.run("memory", like, count, keys));
            IValue each = scope.own(IValue.from((long) rows));
            for (int i = 0; i < times; i++) {
                long start = System.nanoTime();
                scope.await(program.runWithWeights("products", memory, count, each));
                seconds[i] = (System.nanoTime() - start) / 1e9;
            }
        }
        Arrays.sort(seconds);
        return seconds;
    }

    /** What a pass of so many streams with so many rows each has to do. */
    public PassWork work(int streams, int rows) {
        DecoderSpec.Sizes sizes = spec.sizes();
        long weights = spec.weights().stream()
                .filter(weight -> weight.shape().size() == 2 && !weight.role().equals("embedding"))
                .mapToLong(weight -> weight.shape().get(0) * weight.shape().get(1))
                .sum();
        if (spec.output().tied()) {
            weights += (long) sizes.vocabulary() * sizes.hidden();
        }
        long keys = cacheShape.groups().stream()
                .mapToLong(group -> (long) group.layers()
                        * (group.rule().sinks() + group.rule().ringSlots()))
                .sum();
        double attended = (double) keys * sizes.headSize();
        double flops = 2.0 * streams * rows * (weights + 2 * attended * sizes.heads());
        Products products = programs.get(place(streams * rows)).program().products();
        double cache = 2 * attended * sizes.keyValueHeads() * cacheShape.type().bytes();
        return new PassWork(flops, (double) weights * products.bytesRead() + streams * cache);
    }

    /** Measures what this machine reaches, by the best of a few tries. */
    public MachineRates rates() {
        LoadedProgram program = programs.get(programs.size() - 1);
        Hardware.Probe probe = hardware.probe();
        try (Scope scope = new Scope(manager)) {
            NDArray memory = scope.manager.zeros(new Shape(probe.bytes() / 4));
            double read = Double.POSITIVE_INFINITY;
            double multiplied = Double.POSITIVE_INFINITY;
            IValue plain =
                    scope.own(IValue.from((PtNDArray) scope.manager.ones(new Shape(probe.size(), probe.size()))));
            IValue packed = scope.own(program.run("pack", plain));
            IValue rows = scope.own(IValue.from((long) probe.rows()));
            IValue size = scope.own(IValue.from((long) probe.size()));
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
        spoiledTensor.close();
        positions.close();
        bands.forEach(IValue::close);
        programs.forEach(LoadedProgram::close);
        manager.close();
    }

    /** The native values of one pass; closed with it. IValues have no finalizer. */
    private static final class Scope implements AutoCloseable {
        private final PtNDManager manager;
        private final Deque<IValue> values = new ArrayDeque<>();

        Scope(PtNDManager parent) {
            this.manager = (PtNDManager) parent.newSubManager();
        }

        IValue own(IValue value) {
            values.push(value);
            return value;
        }

        IValue tensor(long[] numbers, Shape shape) {
            return own(IValue.from((PtNDArray) manager.create(numbers, shape)));
        }

        /** Waits for fp32 numbers, and drops them: a GPU's call returns before it has computed. */
        void await(IValue tensor) {
            own(tensor).toTensor(manager).toFloatArray();
        }

        IValue list(List<NDArray> tensors) {
            return own(
                    IValue.listFrom(tensors.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new)));
        }

        @Override
        public void close() {
            values.forEach(IValue::close);
            manager.close();
        }
    }
}
