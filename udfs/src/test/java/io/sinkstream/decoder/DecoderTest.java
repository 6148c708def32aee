package io.sinkstream.decoder;

import static org.assertj.core.api.Assertions.assertThat;
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
