package io.sinkstream.decoder;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.sinkstream.cache.CacheShape;
import io.sinkstream.cache.Cells;
import io.sinkstream.cache.LayerGroup;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.settings.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Loaded weights under one rule: {@link #run} takes chunks of many streams through all layers in one module call.
 *
 * <p>Make and run it on one thread and keep to it: the graph executor's setting and OpenMP's team belong to the thread. Owns its
 * masks, and {@link #manager}'s native memory; the weights belong to whoever loaded them.
 */
public final class Decoder implements AutoCloseable {
    private final LoadedWeights weights;
    private final DecoderSpec spec;
    private final CacheShape cacheShape;
    /** Whether rows turn to meet the sinks even where none has to: to turn by nothing may change a zero's sign. */
    private final boolean deterministic;

    private final PtNDManager manager;
    /** What is closed with it: first the own ones, in the end weights that it was loaded with. */
    private final Deque<Runnable> owned = new ArrayDeque<>();

    /** What a pass sets before its first write that leaves a cache invalid if the pass fails; shares its memory with a tensor. */
    private final ByteBuffer spoiled = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.nativeOrder());

    private final IValue spoiledTensor;
    private Limits limits;
    private AttentionProbe probe;
    private final IValue positions;
    private final IValue sinks;
    private final IValue windows;
    private final IValue rests;
    /** Each program's masks. */
    private final List<IValue> bands = new ArrayList<>();
    /** Programs that tell more of scored tokens, each in the place of the weights' own, as far as passes have asked for them. */
    private final Map<TokenDetails, List<LoadedProgram>> detailed = new HashMap<>();

    private Decoder(LoadedWeights weights, SinkWindow rule) {
        this.weights = weights;
        this.spec = weights.spec();
        this.deterministic = weights.numbers().deterministic();
        List<LayerGroup> groups = spec.groups(rule);
        this.cacheShape = new CacheShape(
                rule,
                groups,
                spec.sizes().keyValueHeads(),
                spec.sizes().headSize(),
                weights.programs().get(0).program().files().keysInColumns() ? 1 : 0,
                weights.numbers().cache());
        TorchScript.prepareThread();
        this.manager = (PtNDManager) weights.manager().newSubManager();
        owned.push(manager::close);
        try {
            this.spoiledTensor = own(() ->
                    IValue.from(manager.newSubManager(Device.cpu()).create(spoiled, new Shape(), DataType.INT64)));
            this.positions = own(() ->
                    IValue.listFrom(spec.kinds().stream().map(this::positions).toArray(PtNDArray[]::new)));
            this.sinks = own(() -> numbers(groups, group -> group.rule().sinks()));
            this.windows = own(() -> numbers(groups, group -> group.rule().window()));
            this.rests = own(() -> numbers(groups, group -> group.rule().rest()));
            for (LoadedProgram program : weights.programs()) {
                bands.add(own(() -> program.run("bands", positions, windows)));
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private IValue own(Supplier<IValue> maker) {
        IValue made = maker.get();
        owned.push(made::close);
        return made;
    }

    private static IValue numbers(List<LayerGroup> groups, ToLongFunction<LayerGroup> number) {
        return IValue.listFrom(groups.stream().mapToLong(number).toArray());
    }

    /** Frequencies or slopes; layers that rotate nothing have frequencies of 0. */
    private PtNDArray positions(DecoderSpec.LayerKind kind) {
        double[] numbers = DecoderSpec.positions(kind).stream()
                .mapToDouble(Double::doubleValue)
                .toArray();
        return (PtNDArray) manager.create(Arrays.copyOf(numbers, spec.alibi() ? numbers.length : spec.rotated()));
    }

    /**
     * A decoder with these weights, which outlive it, on the calling thread. Loads no weight.
     *
     * @param rule one that the weights' family accepts
     * @throws UserException if numbers are to be the same in any pass, and this machine's libraries do not give such
     */
    public static Decoder of(LoadedWeights weights, SinkWindow rule) {
        Decoder decoder = new Decoder(weights, rule);
        if (weights.numbers().deterministic()) {
            try {
                AlikeTrial.require(decoder);
            } catch (RuntimeException | Error e) {
                decoder.close();
                throw e;
            }
        }
        return decoder;
    }

    /** A decoder that owns its weights, and closes them. If this throws, they are closed. */
    public static Decoder owning(LoadedWeights weights, SinkWindow rule) {
        try {
            Decoder decoder = of(weights, rule);
            decoder.owned.addLast(weights::close);
            return decoder;
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** What it runs on. */
    public Hardware hardware() {
        return weights.hardware();
    }

    /** What it is. */
    public DecoderSpec spec() {
        return spec;
    }

    /** What bounds its passes. */
    public Limits limits() {
        if (limits == null) {
            limits = new Limits(this);
            owned.push(limits::close);
        }
        return limits;
    }

    /**
     * Where its attention goes in texts, each seen as a whole.
     *
     * @param texts token ids of its vocabulary, at least one text and one token, all as long, and no longer than S + R
     */
    public AttentionSums attention(List<int[]> texts) {
        int most = Math.addExact(cacheShape.rule().sinks(), cacheShape.rule().window());
        int tokens = texts.get(0).length;
        if (tokens > most || texts.stream().anyMatch(text -> text.length != tokens)) {
            throw new IllegalArgumentException("texts of " + tokens + " tokens and others, at most " + most);
        }
        if (probe == null) {
            probe = new AttentionProbe(weights, positions);
            owned.push(probe::close);
        }
        return probe.look(texts);
    }

    LoadedWeights weights() {
        return weights;
    }

    /** The shape of the caches that its chunks need. */
    public CacheShape cacheShape() {
        return cacheShape;
    }

    /** Makes the tensors of its caches. */
    public Cells cells() {
        LoadedProgram program = weights.programs().get(0);
        return new Cells() {
            @Override
            public NDArray empty(NDManager owner, int layers, int slots) {
                try (Scope scope = new Scope(manager)) {
                    return scope.own(program.run("cells", scope.like(), scope.number(layers), scope.number(slots)))
                            .toTensor((PtNDManager) owner);
                }
            }

            @Override
            public NDArray grown(NDManager owner, NDArray cells, int slots) {
                try (Scope scope = new Scope(manager)) {
                    IValue old = scope.own(IValue.from((PtNDArray) cells));
                    return scope.own(program.run("grown", old, scope.number(slots)))
                            .toTensor((PtNDManager) owner);
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
        PassRows rows = new PassRows(chunks, spec.kinds().size(), deterministic ? Slab::apart : Slab::order);
        int place = weights.place(rows.count());
        LoadedProgram program = weights.programs().get(place);
        LoadedProgram detailing = programs(rows.details()).get(place);
        List<ChunkResult> results;
        try (Scope scope = new Scope(manager)) {
            PassArguments pass = new PassArguments(scope, rows, spec.kinds().size());
            IValue given = scope.own(detailing.run(
                    "forward",
                    program.weights(),
                    positions,
                    bands.get(place),
                    sinks,
                    windows,
                    rests,
                    pass.caches(),
                    scope.own(IValue.listFrom(rows.plans())),
                    scope.tensor(rows.ids(), new Shape(2, rows.count())),
                    scope.own(IValue.from(rows.early() || deterministic)),
                    scope.tensor(rows.scored(), new Shape(2, rows.scored().length / 2)),
                    scope.tensor(rows.last(), new Shape(rows.last().length)),
                    scope.tensor(rows.states(), new Shape(rows.states().length)),
                    pass.slabs(),
                    pass.plans(),
                    pass.padded(),
                    pass.valid(),
                    spoiledTensor,
                    scope.own(IValue.from(rows.lookAhead()))));
            PtNDArray[] parts = given.toTensorArray(scope.manager());
            TokenDraw draw =
                    new TokenDraw(program, scope, parts[1], spec.sizes().vocabulary());
            List<PassRows.Given> all =
                    rows.given(parts[0].toDoubleArray(), draw.draw(rows.choosers()), states(parts[1], rows.seen()));
            if (rows.lookAhead()) {
                // Who has heard what follows can't hear it again.
                spoiled.putLong(0, 1);
            }
            results = all.stream().map(PassRows.Given::result).toList();
            if (rows.lookAhead()) {
                NDArray[] kept = Arrays.copyOfRange(parts, 2, parts.length);
                keepAccepted(program, scope, pass, List.of(kept), rows.plansOfAccepted(results));
            }
        }
        for (int i = 0; i < chunks.size(); i++) {
            Chunk chunk = chunks.get(i);
            int accepted = results.get(i).accepted();
            chunk.cache().advance(chunk.kept(accepted), chunk.hash(accepted));
        }
        return results;
    }

    /** The last {@code count} rows, fp32. */
    private static float[] states(NDArray hidden, int count) {
        if (count == 0) {
            return new float[0];
        }
        long all = hidden.getShape().get(0);
        return hidden.get(new NDIndex("{}:", all - count))
                .toType(DataType.FLOAT32, false)
                .toFloatArray();
    }

    private void keepAccepted(
            LoadedProgram program, Scope scope, PassArguments pass, List<NDArray> kept, long[] plans) {
        scope.own(program.run(
                "keep_accepted",
                scope.list(kept),
                sinks,
                windows,
                rests,
                pass.caches(),
                scope.own(IValue.listFrom(plans)),
                pass.slabs(),
                pass.plans(),
                pass.padded(),
                pass.valid(),
                spoiledTensor));
    }

    private List<LoadedProgram> programs(TokenDetails details) {
        return details.isNone() ? weights.programs() : detailed.computeIfAbsent(details, this::load);
    }

    private List<LoadedProgram> load(TokenDetails details) {
        List<LoadedProgram> loaded = new ArrayList<>();
        for (LoadedProgram program : weights.programs()) {
            LoadedProgram other = new LoadedProgram(program.program().detailed(details), manager);
            owned.push(other::close);
            loaded.add(other);
        }
        return loaded;
    }

    @Override
    public void close() {
        owned.forEach(Runnable::run);
    }
}
