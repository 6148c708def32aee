package io.sinkstream.benchmark;

import io.sinkstream.benchmark.SpeedRow.Work;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.decoder.Limits;
import io.sinkstream.decoder.MachineRates;
import io.sinkstream.decoder.PassWork;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamState;
import io.sinkstream.stream.StreamUpdate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;

/**
 * Measures scoring and decoding over full caches, each against the bare matrix products of its own shapes, and decoding against
 * re-computation.
 *
 * <p>A rate says little without the machine's own, and that drifts, with the clock and with what else runs. So both are
 * timed in turns and their medians compared. Chunks are bound by arithmetic and single tokens by memory; the products have
 * the same shapes and read the same weights and as large a cache, so they are the limit in either case.
 */
public final class Speed {
    /** Before it counts: a JVM interprets at first, and compiles on the cores that are being measured. */
    private static final double WARM_UP_SECONDS = 1;

    private static final double SECONDS = 2;
    /** Tokens of a continuation, all streams' together, but of each at least the other: threads wake for every one. */
    private static final int DECODED = 32;

    private static final int DECODED_BY_EACH = 8;

    /** Tokens of a pass that fills a cache or re-computes one: the default of a run. */
    private static final int CHUNK = 512;

    private final ModelOptions options;
    private final SpeedPlace place;
    private final int rounds;
    private final Consumer<String> progress;
    private final Random random = new Random(0);

    /**
     * @param options which model, S and R, and the number type by its own name; chunk sizes and the cache's budget are the measurement's own
     * @param place where this is
     * @param rounds how often each measurement is made at least
     * @param progress hears what is being done
     */
    public Speed(ModelOptions options, SpeedPlace place, int rounds, Consumer<String> progress) {
        this.options = options;
        this.place = place;
        this.rounds = rounds;
        this.progress = progress;
    }

    /** Measures scoring for each chunk size, then decoding for each number of streams. */
    public List<SpeedRow> measure(List<Integer> chunks, List<Integer> streams) {
        List<SpeedRow> rows = new ArrayList<>();
        for (int chunk : chunks) {
            try (StreamModel model = open(options, chunk)) {
                rows.addAll(score(model, chunk));
            }
        }
        if (!streams.isEmpty()) {
            int most = streams.stream().mapToInt(Integer::intValue).max().orElseThrow();
            try (StreamModel model = open(options, Math.max(CHUNK, most))) {
                rows.addAll(decode(model, streams));
            }
        }
        return rows;
    }

    /**
     * Measures, for each number of tokens that a cache holds, one stream's tokens by sinks and window, and by re-computation of as
     * many tokens for every one (the paper's Figure 10).
     *
     * @param caches S + R of each, above S
     */
    public List<SpeedRow> compareWithRecomputation(List<Integer> caches) {
        List<SpeedRow> rows = new ArrayList<>();
        for (int cache : caches) {
            ModelOptions sized = options.withAttention(options.sinks(), cache - options.sinks());
            try (StreamModel model = open(sized, CHUNK)) {
                progress.accept("decoding by a cache of " + cache + " tokens, and by re-computation of as many");
                rows.addAll(compared(model, cache));
            }
        }
        return rows;
    }

    private List<SpeedRow> compared(StreamModel model, int cache) {
        List<Running> one = List.of(fill(model, 0, cache));
        int[] context = tokens(model, cache);
        DoubleSupplier decode = () -> seconds(() -> generate(model, one, DECODED)) / DECODED;
        DoubleSupplier recompute = () -> model.measure(limits -> limits.recomputationSeconds(context, CHUNK));
        timed(recompute, decode, 1, WARM_UP_SECONDS);
        List<double[]> timed = timed(recompute, decode, rounds, SECONDS);
        double[] again = timed.stream().mapToDouble(round -> round[0]).toArray();
        double[] kept = timed.stream().mapToDouble(round -> round[1]).toArray();
        return List.of(
                compared(Work.RECOMPUTE, model, Math.min(cache, CHUNK), cache, again, again),
                compared(Work.DECODE, model, 1, cache, kept, again));
    }

    private SpeedRow compared(
            Work work, StreamModel model, int chunk, int cache, double[] seconds, double[] recomputation) {
        return new SpeedRow(
                work,
                model.measure(Limits::weightType).toString(),
                1,
                chunk,
                cache,
                SpeedRow.Rate.of(seconds, 1),
                SpeedRow.Shares.UNKNOWN,
                ResidentMemory.bytes(),
                Double.NaN,
                Double.NaN,
                median(recomputation) / median(seconds),
                place);
    }

    /** All streams of a measurement keep their caches, whatever the machine's budget: else a rebuild would be timed. */
    private static StreamModel open(ModelOptions options, int chunk) {
        return StreamModel.open(options.withChunk(chunk, chunk).withCacheBytes(Long.MAX_VALUE / 2));
    }

    private List<SpeedRow> score(StreamModel model, int chunk) {
        progress.accept("scoring in chunks of " + chunk);
        Running stream = fill(model, 0, cache());
        return rows(
                model,
                Work.SCORE,
                1,
                chunk,
                () -> model.measure(limits -> limits.productSeconds(1, chunk, 1))[0],
                () -> seconds(() -> stream.score(tokens(model, chunk))));
    }

    private List<SpeedRow> decode(StreamModel model, List<Integer> counts) {
        List<SpeedRow> rows = new ArrayList<>();
        List<Running> running = new ArrayList<>();
        for (int count : counts.stream().sorted().toList()) {
            while (running.size() < count) {
                progress.accept("filling the cache of stream " + (running.size() + 1) + " of " + count);
                running.add(fill(model, running.size(), cache()));
            }
            progress.accept("decoding " + count + (count == 1 ? " stream" : " streams"));
            List<Running> batch = running.subList(0, count);
            int each = Math.max(DECODED_BY_EACH, DECODED / count);
            rows.addAll(rows(
                    model,
                    Work.DECODE,
                    count,
                    1,
                    () -> model.measure(limits -> limits.productSeconds(count, 1, 3))[1],
                    () -> seconds(() -> generate(model, batch, each)) / each));
        }
        return rows;
    }

    private static void generate(StreamModel model, List<Running> batch, int each) {
        List<StreamResult> results = model.advance(batch.stream()
                .map(stream -> StreamUpdate.generate(stream.name, stream.state, new int[0], each, true))
                .toList());
        for (int i = 0; i < batch.size(); i++) {
            batch.get(i).state = results.get(i).advanced().state();
        }
    }

    private List<SpeedRow> rows(
            StreamModel model, Work work, int streams, int chunk, DoubleSupplier products, DoubleSupplier pass) {
        timed(products, pass, 1, WARM_UP_SECONDS);
        List<double[]> timed = timed(products, pass, rounds, SECONDS);
        double[] limits = timed.stream().mapToDouble(round -> round[0]).toArray();
        double[] passes = timed.stream().mapToDouble(round -> round[1]).toArray();
        MachineRates rates = model.measure(Limits::rates);
        return List.of(
                row(Work.MATMUL, model, rates, streams, chunk, limits, limits),
                row(work, model, rates, streams, chunk, passes, limits));
    }

    /** Seconds of the products and of a pass, in turns until {@code least} have gone. */
    private static List<double[]> timed(DoubleSupplier products, DoubleSupplier pass, int atLeast, double least) {
        List<double[]> all = new ArrayList<>();
        long start = System.nanoTime();
        while (all.size() < atLeast || (System.nanoTime() - start) / 1e9 < least) {
            all.add(new double[] {products.getAsDouble(), pass.getAsDouble()});
        }
        return all;
    }

    private SpeedRow row(
            Work work, StreamModel model, MachineRates rates, int streams, int chunk, double[] all, double[] limits) {
        PassWork done = model.measure(limit -> limit.work(streams, chunk));
        double seconds = median(all);
        return new SpeedRow(
                work,
                model.measure(Limits::weightType).toString(),
                streams,
                chunk,
                cache(),
                SpeedRow.Rate.of(all, (double) streams * chunk),
                new SpeedRow.Shares(
                        median(limits) / seconds,
                        done.flops() / seconds / rates.flops(),
                        done.bytes() / seconds / rates.bytes()),
                ResidentMemory.bytes(),
                Double.NaN,
                Double.NaN,
                Double.NaN,
                place);
    }

    /**
     * The mean NLL of a text's first tokens, as one stream.
     *
     * @param most how many tokens
     * @return nats a token
     */
    public double nll(String text, int most) {
        progress.accept("scoring the text in " + options.compute().dtype());
        try (StreamModel model = StreamModel.open(options)) {
            TextTokenizer tokenizer = model.tokenizer().orElseThrow();
            // Tokens have fewer characters than that on average; encoding a whole book takes long, and a gigabyte.
            int[] tokens = tokenizer.encode(text.substring(0, Math.min(text.length(), 8 * most)));
            int[] first = Arrays.copyOf(tokens, Math.min(most, tokens.length));
            double[] nll = model.advance(StreamUpdate.score(null, model.start(), first))
                    .nll();
            return Arrays.stream(nll).skip(1).average().orElse(Double.NaN);
        }
    }

    private static double median(double[] all) {
        double[] sorted = all.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    /** A stream whose cache is full. */
    private Running fill(StreamModel model, int index, int cache) {
        Running stream = new Running(model, new StreamName("speed", Integer.toString(index)));
        stream.score(tokens(model, cache + 2));
        return stream;
    }

    private int cache() {
        return options.sinks() + options.window();
    }

    private int[] tokens(StreamModel model, int count) {
        return random.ints(count, 0, model.description().vocabularySize()).toArray();
    }

    private static final class Running {
        private final StreamModel model;
        private final StreamName name;
        private StreamState state;

        Running(StreamModel model, StreamName name) {
            this.model = model;
            this.name = name;
            this.state = model.start();
        }

        void score(int[] tokens) {
            state = model.advance(StreamUpdate.score(name, state, tokens)).state();
        }
    }
}
