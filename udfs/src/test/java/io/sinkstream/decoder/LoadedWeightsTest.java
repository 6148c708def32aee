package io.sinkstream.decoder;

import static io.sinkstream.decoder.TinyDecoder.RULE;
import static io.sinkstream.decoder.TinyDecoder.SHAPE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import io.sinkstream.cache.KeyValueCache;
import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.family.Families;
import io.sinkstream.settings.NumberType;
import io.sinkstream.testing.PlainDecoder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights that know no rule, and what is left of those that can't be loaded. */
class LoadedWeightsTest {
    @TempDir
    private Path folder;

    private Checkpoint checkpoint;
    private DecoderSpec spec;

    @BeforeEach
    void write() {
        TinyDecoder.write(folder);
        checkpoint = Checkpoint.open(folder);
        spec = Families.spec(checkpoint, RULE);
    }

    private static double[] nll(Decoder decoder, int[] ids) {
        int last = ids.length - 1;
        try (KeyValueCache cache = new KeyValueCache(decoder.manager(), decoder.cacheShape(), decoder.cells())) {
            Chunk chunk = new Chunk(cache, Arrays.copyOf(ids, last), Arrays.copyOfRange(ids, 1, ids.length), false, 0);
            return decoder.run(List.of(chunk)).get(0).nll();
        }
    }

    @Test
    void decodersWithOtherWindowsShareThem() {
        int[] ids = SHAPE.tokens(80, 1);
        List<Weight> loaded = new ArrayList<>();
        WeightSource source = Families.weights(checkpoint, spec);
        WeightSource counting = (weight, owner) -> {
            loaded.add(weight);
            return source.load(weight, owner);
        };
        NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu());
        try (LoadedWeights weights = LoadedWeights.load(spec, Numbers.REFERENCE, manager, counting)) {
            int once = loaded.size();
            try (Decoder narrow = Decoder.of(weights, RULE)) {
                try (Decoder wide = Decoder.of(weights, new SinkWindow(2, 40))) {
                    assertThat(nll(wide, ids))
                            .containsExactly(PlainDecoder.load(folder).nll(ids, 2, 40), within(1e-4));
                }
                assertThat(nll(narrow, ids))
                        .containsExactly(PlainDecoder.load(folder).nll(ids, 4, 12), within(1e-4));
            }
            assertThat(loaded).hasSize(once).containsAll(spec.weights());
        }
    }

    /** Whatever they were loaded into is closed, wherever it fails: while products are measured, or afterwards. */
    @Test
    void aLoadThatFailsLeavesNoNativeMemoryBehind() {
        WeightSource source = Families.weights(checkpoint, spec);
        Numbers numbers = new Numbers(NumberType.BFLOAT16, NumberType.BFLOAT16, Long.MAX_VALUE);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu())) {
            int calls = 0;
            for (int failing = 1; failing < 200; failing += 9) {
                List<NDManager> owners = new ArrayList<>();
                int last = failing;
                WeightSource broken = (weight, owner) -> {
                    owners.add(owner);
                    if (owners.size() == last) {
                        throw new IllegalStateException("the disk is gone");
                    }
                    return source.load(weight, owner);
                };
                try {
                    LoadedWeights.load(spec, numbers, manager, broken).close();
                    break;
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessage("the disk is gone");
                }
                assertThat(owners).as("weight %d", failing).noneMatch(NDManager::isOpen);
                calls = failing;
            }
            assertThat(calls).isGreaterThan(spec.weights().size());
        }
        ProductChoice plain = ProductChoice.only(Products.PLAIN_FLOAT32);
        try (NDManager manager = Engine.getEngine("PyTorch").newBaseManager(Device.cpu())) {
            WeightSource broken = (weight, owner) -> {
                throw new IllegalStateException("the disk is gone");
            };
            assertThatThrownBy(() -> LoadedWeights.load(spec, Numbers.REFERENCE, manager, broken, plain))
                    .hasMessage("the disk is gone");
            assertThat(manager.isOpen()).isTrue();
        }
    }
}
