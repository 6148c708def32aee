package io.sinkstream.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.google.gson.Gson;
import io.sinkstream.cache.CacheShape;
import io.sinkstream.cache.Cells;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.family.Families;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.Golden;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The program for a GPU, as far as a machine without one can tell: libtorch resolves every operator's name and arguments when it
 * loads the text. With {@code -Dgpu.folder=FOLDER} the programs are also written there, with weights and the arguments of
 * every pass, for {@code src/test/python/gpu_program.py}, which runs them with PyTorch.
 */
class GpuProgramTest {
    private static final Hardware GPU = new Hardware(Device.gpu(0));

    /** Far beyond the window. */
    private static final int FAR = 100_000;

    /** So many times as large, no stream's cache is copied into a slab. */
    private static final int LARGE = 1 << 12;

    /** Own checkpoints, written once. */
    @TempDir
    private static Path checkpoints;

    private static final Path FOLDER =
            System.getProperty("gpu.folder") == null ? null : Path.of(System.getProperty("gpu.folder"));

    /** What one call of {@code forward} gets: beside weights and masks, all of it. */
    private record Pass(
            List<Integer> streams,
            List<List<Long>> slots,
            long[] plan,
            long[] ids,
            boolean early,
            long[] scored,
            long[] last,
            long[] slabs,
            long[] padded,
            long[] valid,
            double[] nll,
            int[] next) {}

    private record Run(String name, List<Pass> passes) {}

    static Stream<String> families() {
        return Stream.concat(Golden.SHARED.stream(), Golden.own().stream());
    }

    private static Golden golden(String family) {
        return Golden.SHARED.contains(family)
                ? Golden.require(family)
                : Golden.own(family, checkpoints.resolve(family));
    }

    private static DecoderProgram program(DecoderSpec spec, NumberType weights) {
        return new DecoderProgram(
                GPU, spec, weights, weights.cache(), GPU.products(weights).get(0));
    }

    @ParameterizedTest
    @MethodSource("families")
    void everyFamilysProgramLoads(String family) throws IOException {
        Golden golden = golden(family);
        Checkpoint checkpoint = Checkpoint.open(golden.folder());
        for (Golden.Streaming wanted : golden.streaming()) {
            SinkWindow rule = new SinkWindow(wanted.sinks(), wanted.window());
            DecoderSpec spec = Families.spec(checkpoint, rule);
            // Some tiny heads are none that bfloat16 serves on a GPU.
            List<NumberType> types = Arrays.stream(NumberType.values())
                    .filter(type -> spec.sizes().headSize() * type.cache().bytes() % 16 == 0)
                    .toList();
            assertThat(types).contains(NumberType.FLOAT32);
            for (NumberType type : types) {
                assertLoads(program(spec, type));
            }
            if (FOLDER != null) {
                Path folder = Files.createDirectories(FOLDER.resolve(family).resolve(wanted.toString()));
                write(folder, spec, rule, types, runs(golden, wanted, spec, rule));
                writeWeights(FOLDER.resolve(family), spec, Families.weights(checkpoint, spec));
            }
        }
    }

    private static void assertLoads(DecoderProgram program) {
        assertThat(program.source())
                .contains("_scaled_dot_product_efficient_attention")
                .doesNotContain("_for_cpu", "mkldnn", "?", "$");
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
                LoadedProgram loaded = new LoadedProgram(program.forLimits(), manager)) {
            loaded.run("nothing").close();
        }
    }

    /** Models of a usual size: their programs, and passes over full caches. Written for measurements only. */
    static Stream<Arguments> sizes() {
        return Stream.of(
                Arguments.of("llama-2-7b", new DecoderSpec.Sizes(32, 4096, 32, 32, 128, 11008, 32_000)),
                Arguments.of("llama-3-8b", new DecoderSpec.Sizes(32, 4096, 32, 8, 128, 14336, 128_256)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("sizes")
    void programsOfAUsualSizeLoad(String name, DecoderSpec.Sizes sizes) throws IOException {
        SinkWindow rule = new SinkWindow(4, 1020);
        List<Double> frequencies = IntStream.range(0, sizes.headSize() / 2)
                .mapToObj(i -> Math.pow(10_000, -2.0 * i / sizes.headSize()))
                .toList();
        DecoderSpec spec = new DecoderSpec(
                sizes,
                DecoderSpec.Norm.rms(1e-5),
                DecoderSpec.Attention.plain(sizes.headSize()),
                new DecoderSpec.Mlp(DecoderSpec.Activation.SILU, true, false),
                DecoderSpec.Block.SEQUENTIAL,
                DecoderSpec.Scales.NONE,
                new DecoderSpec.Output(false, false),
                List.of(new DecoderSpec.LayerKind(0, new DecoderSpec.Rotary(frequencies))),
                DecoderSpec.alike(sizes.layers()));
        for (NumberType weights : NumberType.values()) {
            assertLoads(program(spec, weights));
        }
        if (FOLDER != null) {
            List<Run> runs = new ArrayList<>();
            for (int[] shape : new int[][] {{1, 512}, {4, 512}, {1, 2048}, {1, 1}, {8, 1}, {32, 1}}) {
                runs.add(new Run(shape[0] + "x" + shape[1], List.of(full(spec, rule, shape[0], shape[1]))));
            }
            Path folder = Files.createDirectories(FOLDER.resolve(name));
            write(folder, spec, rule, List.of(NumberType.BFLOAT16, NumberType.INT8), runs);
        }
    }

    @ParameterizedTest
    @CsvSource({"20,BFLOAT16,8", "6,FLOAT32,4"})
    void headsThatTheOperatorCantReadAreRefused(int size, NumberType cell, int multiple) {
        Hardware.CPU.requireHeads(size, cell);
        assertThatThrownBy(() -> GPU.requireHeads(size, cell))
                .isInstanceOf(UserException.class)
                .hasMessage("--device: this model's heads have " + size + " numbers, and on a GPU only multiples of "
                        + multiple + " are supported with caches in " + cell + "; give --device cpu");
    }

    @Test
    void aGpuComputesInBfloat16UnlessAskedOtherwise() {
        assertThat(GPU.weights(NumberType.FLOAT32)).isEqualTo(NumberType.BFLOAT16);
        assertThat(Hardware.CPU.weights(NumberType.BFLOAT16)).isEqualTo(NumberType.BFLOAT16);
    }

    /** A pass over full caches. */
    private static Pass full(DecoderSpec spec, SinkWindow rule, int streams, int rows) {
        try (Streams running = new Streams(spec, rule)) {
            List<Chunk> chunks = new ArrayList<>();
            for (int i = 0; i < streams; i++) {
                KeyValueCache cache = running.cache(i);
                cache.advance(FAR, 0);
                int[] tokens = IntStream.range(0, rows).map(t -> 1 + t % 1000).toArray();
                int[] targets = rows == 1 ? new int[] {-1} : tokens;
                chunks.add(new Chunk(cache, tokens, targets, rows == 1, 0));
            }
            return running.pass(IntStream.range(0, streams).boxed().toList(), chunks, List.of(), new int[0]);
        }
    }

    /** The golden stream in chunks of several sizes, beside one that began later, and a continuation token by token. */
    private static List<Run> runs(Golden golden, Golden.Streaming wanted, DecoderSpec spec, SinkWindow rule) {
        int[] ids = golden.ids();
        List<Run> runs = new ArrayList<>();
        for (int chunk : new int[] {1, 7, 64, ids.length}) {
            try (Streams running = new Streams(spec, rule)) {
                List<Pass> passes = new ArrayList<>();
                for (int at = 0; at < ids.length; at += chunk) {
                    int end = Math.min(ids.length, at + chunk);
                    passes.add(running.pass(
                            List.of(0),
                            List.of(chunk(running.cache(0), ids, at, end)),
                            List.of(nll(wanted, at, end)),
                            new int[0]));
                }
                runs.add(new Run("chunks of " + chunk, passes));
            }
        }
        try (Streams running = new Streams(spec, rule)) {
            // The second stream is as long behind as its chunks differ, and takes single tokens now and then.
            List<Pass> passes = new ArrayList<>();
            int first = 0;
            int second = 0;
            for (int i = 0; second < ids.length; i++) {
                List<Integer> names = new ArrayList<>();
                List<Chunk> chunks = new ArrayList<>();
                List<double[]> nll = new ArrayList<>();
                int firstEnd = Math.min(ids.length, first + 13);
                if (firstEnd > first) {
                    names.add(0);
                    chunks.add(chunk(running.cache(0), ids, first, firstEnd));
                    nll.add(nll(wanted, first, firstEnd));
                }
                int secondEnd = Math.min(ids.length, second + (i % 3 == 0 ? 1 : 11));
                names.add(1);
                chunks.add(chunk(running.cache(1), ids, second, secondEnd));
                nll.add(nll(wanted, second, secondEnd));
                passes.add(running.pass(names, chunks, nll, new int[0]));
                first = firstEnd;
                second = secondEnd;
            }
            runs.add(new Run("two streams", passes));
        }
        try (Streams running = new Streams(spec, rule, LARGE)) {
            List<Pass> passes = new ArrayList<>();
            for (int i = 0; i < ids.length; i++) {
                double[] next = nll(wanted, i, i + 1);
                passes.add(running.pass(
                        List.of(0, 1),
                        List.of(chunk(running.cache(0), ids, i, i + 1), chunk(running.cache(1), ids, i, i + 1)),
                        List.of(next, next),
                        new int[0]));
            }
            runs.add(new Run("two streams with large caches", passes));
        }
        try (Streams running = new Streams(spec, rule)) {
            List<Pass> passes = new ArrayList<>();
            int[] tokens = wanted.prompt();
            for (int next : wanted.greedy()) {
                int[] none = new int[tokens.length];
                Arrays.fill(none, -1);
                Chunk chunk = new Chunk(running.cache(0), tokens, none, true, 0);
                passes.add(running.pass(List.of(0), List.of(chunk), List.of(), new int[] {next}));
                tokens = new int[] {next};
            }
            runs.add(new Run("greedily", passes));
        }
        return runs;
    }

    private static Chunk chunk(KeyValueCache cache, int[] ids, int from, int to) {
        int[] targets = new int[to - from];
        for (int t = from; t < to; t++) {
            targets[t - from] = t + 1 < ids.length ? ids[t + 1] : -1;
        }
        return new Chunk(cache, Arrays.copyOfRange(ids, from, to), targets, false, 0);
    }

    private static double[] nll(Golden.Streaming wanted, int from, int to) {
        int last = wanted.nll().length;
        return Arrays.copyOfRange(wanted.nll(), Math.min(from, last), Math.min(to, last));
    }

    /** Caches that only plan: they count with the model's sizes, and their tensors have one number a slot. */
    private static final class Streams implements AutoCloseable {
        private final NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        private final Map<Integer, KeyValueCache> caches = new LinkedHashMap<>();
        private final CacheShape shape;
        private final int kinds;

        Streams(DecoderSpec spec, SinkWindow rule) {
            this(spec, rule, 1);
        }

        /** @param times how much larger the caches are taken for than they are */
        Streams(DecoderSpec spec, SinkWindow rule, int times) {
            DecoderSpec.Sizes sizes = spec.sizes();
            this.shape = new CacheShape(
                    rule, spec.groups(rule), sizes.keyValueHeads(), times * sizes.headSize(), 0, NumberType.BFLOAT16);
            this.kinds = spec.kinds().size();
        }

        KeyValueCache cache(int stream) {
            return caches.computeIfAbsent(
                    stream,
                    unused -> new KeyValueCache(manager, shape, new Cells() {
                        @Override
                        public NDArray empty(NDManager owner, int layers, int slots) {
                            return owner.zeros(new Shape(layers, 2, 1, slots, 1));
                        }

                        @Override
                        public NDArray grown(NDManager owner, NDArray cells, int slots) {
                            return empty(owner, (int) cells.getShape().get(0), slots);
                        }
                    }));
        }

        /** @param nll what is expected of each chunk's scored tokens; empty if none is scored */
        Pass pass(List<Integer> streams, List<Chunk> chunks, List<double[]> nll, int[] next) {
            PassRows rows = new PassRows(chunks, kinds, Slab::order);
            List<Integer> ordered = rows.ordered().stream()
                    .map(chunk -> streams.get(chunks.indexOf(chunk)))
                    .toList();
            List<List<Long>> slots = rows.ordered().stream()
                    .map(chunk -> chunk.cache().tensors().stream()
                            .map(tensor -> tensor.getShape().get(3))
                            .toList())
                    .toList();
            chunks.forEach(chunk -> chunk.cache().advance(chunk.tokens().length, 0));
            return new Pass(
                    ordered,
                    slots,
                    rows.plans(),
                    rows.ids(),
                    rows.early(),
                    rows.scored(),
                    rows.last(),
                    rows.slabs(),
                    rows.padded(),
                    rows.valid(),
                    rows.ordered().stream()
                            .filter(chunk -> !nll.isEmpty())
                            .flatMapToDouble(chunk -> Arrays.stream(nll.get(chunks.indexOf(chunk))))
                            .toArray(),
                    next);
        }

        @Override
        public void close() {
            manager.close();
        }
    }

    private static void write(Path folder, DecoderSpec spec, SinkWindow rule, List<NumberType> types, List<Run> runs)
            throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("spec", spec.sizes());
        all.put("groups", spec.groups(rule));
        all.put("alibi", spec.alibi());
        all.put(
                "positions",
                spec.kinds().stream()
                        .map(kind -> {
                            double[] numbers = DecoderSpec.positions(kind).stream()
                                    .mapToDouble(Double::doubleValue)
                                    .toArray();
                            return Arrays.copyOf(numbers, spec.alibi() ? numbers.length : spec.rotated());
                        })
                        .toList());
        Map<String, List<Map<String, Object>>> slots = new LinkedHashMap<>();
        for (NumberType type : types) {
            DecoderProgram program = program(spec, type);
            Files.write(folder.resolve(type + ".pt"), program.forLimits().archive());
            slots.put(
                    type.toString(),
                    program.weights().all().stream()
                            .map(GpuProgramTest::described)
                            .toList());
        }
        all.put("slots", slots);
        all.put("runs", runs);
        Files.writeString(folder.resolve("run.json"), new Gson().toJson(all));
    }

    private static Map<String, Object> described(Slot slot) {
        List<Map<String, Object>> weights = slot.weights().stream()
                .map(weight -> Map.<String, Object>of("name", weight.name(), "shape", weight.shape()))
                .toList();
        return Map.of("form", slot.form(), "weights", weights);
    }

    /** All weights in fp32, little-endian, one after the other, and where each begins, counted in numbers. */
    private static void writeWeights(Path folder, DecoderSpec spec, WeightSource source) throws IOException {
        Map<String, Long> places = new LinkedHashMap<>();
        List<Weight> weights = new ArrayList<>(spec.weights());
        if (spec.output().tied()) {
            weights.add(spec.head());
        }
        long at = 0;
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
                OutputStream file = Files.newOutputStream(folder.resolve("weights.bin"))) {
            for (Weight weight : weights) {
                float[] numbers = source.load(weight, manager).toFloatArray();
                ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(numbers);
                file.write(bytes.array());
                places.put(weight.name(), at);
                at += numbers.length;
            }
        }
        Files.writeString(folder.resolve("weights.json"), new Gson().toJson(places));
    }
}
