package io.sinkstream.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.abort;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.family.Families;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.Processor;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Passes with each way to multiply, whichever the machine at hand would choose for their rows. */
class DecoderTest {
    private static final SinkWindow RULE = new SinkWindow(4, 28);

    /** Widths that all kernels take. */
    private static final TinyModels.Shape SHAPE = new TinyModels.Shape(
            "llama",
            2,
            64,
            192,
            272,
            new TinyModels.Heads(4, 2, 16),
            TinyModels.Head.OWN,
            Set.of(),
            new TinyModels.Rope(10_000, new TinyModels.Unscaled()),
            0);

    /** Makes scores of hundreds of nats. */
    private static final float FAR = 3000;

    @TempDir
    private Path folder;

    private static double[] nll(Decoder decoder, int[] ids, int rows) {
        double[] all = new double[ids.length - 1];
        try (KeyValueCache cache = new KeyValueCache(decoder.manager(), decoder.cacheShape(), decoder.cells())) {
            for (int at = 0; at < all.length; at += rows) {
                int end = Math.min(all.length, at + rows);
                Chunk chunk = new Chunk(
                        cache, Arrays.copyOfRange(ids, at, end), Arrays.copyOfRange(ids, at + 1, end + 1), false, end);
                double[] some = decoder.run(List.of(chunk)).get(0).nll();
                System.arraycopy(some, 0, all, at, some.length);
            }
        }
        return all;
    }

    private static double rootMeanSquare(double[] a, double[] b) {
        return Math.sqrt(IntStream.range(0, a.length)
                .mapToDouble(i -> (a[i] - b[i]) * (a[i] - b[i]))
                .average()
                .orElseThrow());
    }

    private static Decoder load(Products products, DecoderSpec spec, WeightSource source) {
        NumberType held = ProductsTest.held(products);
        NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        try {
            LoadedWeights weights = LoadedWeights.load(
                    spec,
                    new Numbers(held, held.cache(), Long.MAX_VALUE),
                    manager,
                    source,
                    ProductChoice.only(products));
            return Decoder.owning(weights, RULE);
        } catch (EngineException e) {
            manager.close();
            assertThat(e).hasMessageContaining("cpu support");
            return abort("this processor has no kernel for " + products);
        }
    }

    /** Sums whose order is the kernel's: what {@code --deterministic} may not be promised with. */
    @Test
    void bitsThatDependOnThePassAreFoundOut() {
        TinyModels.of(SHAPE).write(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        DecoderSpec spec = Families.spec(checkpoint, RULE);
        try (Decoder decoder = load(Products.PLAIN_FLOAT32, spec, Families.weights(checkpoint, spec))) {
            assertThatThrownBy(() -> AlikeTrial.require(decoder))
                    .isInstanceOf(UserException.class)
                    .hasMessageStartingWith(
                            "--deterministic: this processor's libraries give a stream other last bits on ")
                    .hasMessageEndingWith(" threads and beside other streams; leave it out");
        }
    }

    @ParameterizedTest
    @EnumSource(Products.class)
    void everyProductTakesPassesOfAnyNumberOfRows(Products products) {
        TinyModels.of(SHAPE).write(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        DecoderSpec spec = Families.spec(checkpoint, RULE);
        int[] ids = new Random(11).ints(300, 0, SHAPE.vocab()).toArray();
        try (Decoder decoder = load(products, spec, Families.weights(checkpoint, spec))) {
            double[] single = nll(decoder, ids, 1);
            // Sums in another order: six digits of fp32, or what is rounded to 8 bits between the layers.
            // The worst of 299 is a few times the mean.
            double limit = ProductsTest.held(products) == NumberType.FLOAT32 ? 2e-5 : 2e-2;
            for (int rows : new int[] {2, 3, 7, 16, 99, 299}) {
                double[] chunks = nll(decoder, ids, rows);
                assertThat(chunks).as("%d rows", rows).containsExactly(single, within(5 * limit));
                assertThat(rootMeanSquare(chunks, single)).as("%d rows", rows).isLessThan(limit);
            }
            assertThat(DoubleStream.of(single).average().orElseThrow()).isBetween(0.0, 2 * Math.log(SHAPE.vocab()));
            // What is timed before one is chosen, and beside a pass.
            Limits limits = decoder.limits();
            assertThat(limits.productSeconds(1, 1, 1)).hasSize(1);
            assertThat(limits.productSeconds(2, 3, 1)).hasSize(1);
            assertThat(limits.work(2, 3).flops())
                    .isCloseTo(6 * limits.work(1, 1).flops(), within(1.0));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = NumberType.class,
            names = {"FLOAT32", "BFLOAT16"})
    void passesOfTheSameBitsHaveLimitsToo(NumberType held) {
        Processor.requireSameBits();
        TinyModels.of(SHAPE).write(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        Numbers numbers = new Numbers(held, held.cache(), Long.MAX_VALUE).determined();
        try (Decoder decoder = Families.load(checkpoint, RULE, numbers, manager)) {
            Limits limits = decoder.limits();
            assertThat(limits.productSeconds(1, 1, 1)).hasSize(1);
            assertThat(limits.productSeconds(2, 3, 1)).hasSize(1);
        }
    }

    /** Is shown all logits of a row, and takes the likeliest. */
    private static final class Onlooker implements TokenChooser {
        private Candidates all;

        @Override
        public LogitEdits edits() {
            return LogitEdits.NONE;
        }

        @Override
        public double temperature() {
            return 1;
        }

        @Override
        public int candidates() {
            return SHAPE.vocab();
        }

        @Override
        public int choose(Candidates candidates) {
            all = candidates;
            return 0;
        }

        double logit(int token) {
            return all.logits()[
                    IntStream.range(0, all.tokens().length)
                            .filter(i -> all.tokens()[i] == token)
                            .findFirst()
                            .orElseThrow()];
        }
    }

    /** A row that is scored and whose next token is chosen is one product's row for both, so that logits are equal to the bit. */
    @ParameterizedTest
    @EnumSource(Products.class)
    void aTokensDetailsAreThoseOfItsRowsLogits(Products products) {
        TinyModels.of(SHAPE).write(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        DecoderSpec spec = Families.spec(checkpoint, RULE);
        int[] ids = new Random(11).ints(60, 0, SHAPE.vocab()).toArray();
        TokenDetails wanted = new TokenDetails(true, true, 5);
        int shared = 0;
        try (Decoder decoder = load(products, spec, Families.weights(checkpoint, spec));
                KeyValueCache cache = new KeyValueCache(decoder.manager(), decoder.cacheShape(), decoder.cells())) {
            for (int t = 0; t < ids.length - 1; t++) {
                Onlooker onlooker = new Onlooker();
                Chunk chunk = new Chunk(
                        cache, new int[] {ids[t]}, new int[] {ids[t + 1]}, true, t + 1, onlooker, wanted, null);
                double[] details = decoder.run(List.of(chunk)).get(0).details();
                Candidates all = onlooker.all;
                double own = onlooker.logit(ids[t + 1]);
                assertThat(wanted.rank(details, 0))
                        .isEqualTo(1
                                + (int) DoubleStream.of(all.logits())
                                        .filter(logit -> logit > own)
                                        .count());
                shared += DoubleStream.of(all.logits())
                                        .filter(logit -> logit == own)
                                        .count()
                                > 1
                        ? 1
                        : 0;
                assertThat(wanted.entropy(details, 0))
                        .isCloseTo(
                                DoubleStream.of(all.nll())
                                        .map(nll -> nll * Math.exp(-nll))
                                        .sum(),
                                within(1e-4));
                for (int place = 0; place < wanted.likeliest(); place++) {
                    assertThat(onlooker.logit(wanted.likeliestToken(details, 0, place)))
                            .isEqualTo(all.logits()[place]);
                    assertThat(wanted.likeliestLogprob(details, 0, place)).isCloseTo(-all.nll()[place], within(1e-6));
                }
            }
        }
        if (products.activations() == NumberType.BFLOAT16) {
            assertThat(shared).as("ranks that are shared").isPositive();
        }
    }

    /** Streams of one pass that want different things, or nothing. */
    @ParameterizedTest
    @EnumSource(Products.class)
    void eachStreamOfAPassGetsTheDetailsThatItWants(Products products) {
        TinyModels.of(SHAPE).write(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        DecoderSpec spec = Families.spec(checkpoint, RULE);
        int[] ids = new Random(12).ints(90, 0, SHAPE.vocab()).toArray();
        List<TokenDetails> wanted = List.of(
                new TokenDetails(true, false, 3),
                TokenDetails.NONE,
                new TokenDetails(false, true, 0),
                new TokenDetails(true, true, 7));
        try (Decoder decoder = load(products, spec, Families.weights(checkpoint, spec))) {
            List<Chunk> chunks = wanted.stream()
                    .map(details -> new Chunk(
                            new KeyValueCache(decoder.manager(), decoder.cacheShape(), decoder.cells()),
                            Arrays.copyOf(ids, 80 - details.likeliest()),
                            Arrays.copyOfRange(ids, 1, 81 - details.likeliest()),
                            false,
                            0,
                            null,
                            details,
                            null))
                    .toList();
            chunks.get(3).targets()[5] = -1;
            List<ChunkResult> results = decoder.run(chunks);
            chunks.forEach(chunk -> chunk.cache().close());
            assertThat(results.get(1).details()).isEmpty();
            assertThat(wanted.get(3).rank(results.get(3).details(), 6)).isPositive();
            assertThat(wanted.get(3).entropy(results.get(3).details(), 5)).isNaN();
            for (int stream : new int[] {0, 2, 3}) {
                assertAgreeing(chunks.get(stream), results.get(stream));
            }
        }
    }

    /** What has to hold between a token's NLL and its details. */
    private static void assertAgreeing(Chunk chunk, ChunkResult result) {
        TokenDetails wanted = chunk.details();
        double[] details = result.details();
        assertThat(details).hasSize(chunk.tokens().length * wanted.numbers());
        for (int i = 0; i < chunk.tokens().length; i++) {
            if (chunk.targets()[i] < 0) {
                continue;
            }
            double nll = result.nll()[i];
            if (wanted.entropy()) {
                assertThat(wanted.entropy(details, i)).isBetween(1e-3, Math.log(SHAPE.vocab()));
            }
            for (int place = 0; place < wanted.likeliest(); place++) {
                double logprob = wanted.likeliestLogprob(details, i, place);
                if (wanted.likeliestToken(details, i, place) == chunk.targets()[i]) {
                    assertThat(logprob).isCloseTo(-nll, within(1e-6));
                    assertThat(wanted.rank(details, i)).isBetween(1, place + 1);
                } else if (place + 1 < wanted.rank(details, i)) {
                    assertThat(logprob).isGreaterThanOrEqualTo(-nll - 1e-6);
                } else {
                    assertThat(logprob).isLessThanOrEqualTo(-nll + 1e-6);
                }
            }
        }
    }

    /** Powers of scores that are counted from the own key's leave the range of numbers here. */
    @Test
    void aKeyWhoseScoreIsFarAboveTheOwnKeysTakesAllOfTheAttention() {
        TinyModels.of(SHAPE).write(folder);
        Checkpoint checkpoint = Checkpoint.open(folder);
        DecoderSpec spec = Families.spec(checkpoint, RULE);
        WeightSource source = Families.weights(checkpoint, spec);
        int[] ids = new Random(11).ints(300, 0, SHAPE.vocab()).toArray();
        WeightSource sharp = (weight, owner) ->
                weight.role() == Role.QUERY ? source.load(weight, owner).mul(FAR) : source.load(weight, owner);
        try (Decoder decoder = load(Products.BFLOAT16, spec, sharp)) {
            double[] single = nll(decoder, ids, 1);
            double[] chunks = nll(decoder, ids, 99);
            // A query of 8 bits chooses another key where two are within a 256th of each other. NLLs spread by 1.5
            // nats.
            assertThat(rootMeanSquare(chunks, single)).isLessThan(0.5);
        }
    }
}
