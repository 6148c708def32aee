package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.StoredType;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import io.sinkstream.stream.StreamResult;
import io.sinkstream.stream.StreamUpdate;
import io.sinkstream.stream.TorchEngine;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class HubFolderTest {
    @TempDir
    private Path folder;

    /** Two programs, one for training and one for streams, that have nothing in common but the folder. */
    @ParameterizedTest
    @EnumSource
    void whatWasTrainedIsWhatRuns(TrainedSink sink) throws Exception {
        Architecture architecture = TinyTraining.architecture(sink, true);
        int[][] samples = TinyTraining.samples(architecture, 0, 0);
        double trained;
        try (NDManager manager = TorchEngine.newManager(ComputeOptions.DEFAULTS.withDtype("float32"));
                Trainer trainer = new Trainer(
                        architecture,
                        TinyTraining.OPTIMIZATION,
                        NumberType.FLOAT32,
                        TinyTraining.begin(architecture),
                        manager)) {
            var unused = trainer.accumulate(samples);
            var unusedToo = trainer.step(0, 1e-2);
            trained = trainer.evaluate(samples);
            Files.write(folder.resolve("config.json"), HubFolder.config(architecture, 0, Set.of(), StoredType.F32));
            Files.write(
                    folder.resolve("model.safetensors"),
                    HubFolder.weights(architecture, trainer.state(), StoredType.F32));
        }

        double nll = 0;
        int predicted = 0;
        try (StreamModel model = StreamModel.open(ModelOptions.of(folder).withAttention(4, 16))) {
            for (int[] sample : samples) {
                List<StreamResult> results = model.advance(
                        List.of(StreamUpdate.score(new StreamName("test", "" + predicted), model.start(), sample)));
                double[] nlls = results.get(0).advanced().nll();
                nll += Arrays.stream(nlls).filter(one -> !Double.isNaN(one)).sum();
                predicted += sample.length - 1;
            }
        }

        // fp32 twice, with another order of the same sums.
        assertThat(nll / predicted).isCloseTo(trained, within(1e-5));
    }

    @ParameterizedTest
    @EnumSource(
            value = StoredType.class,
            names = {"F32", "BF16"})
    void whatIsWrittenIsRead(StoredType type) throws Exception {
        Architecture architecture = TinyTraining.architecture(TrainedSink.HEAD, true);
        TrainingState state = TinyTraining.begin(architecture);
        Files.write(folder.resolve("config.json"), HubFolder.config(architecture, -1, Set.of(7, 5), type));
        Files.write(folder.resolve("model.safetensors"), HubFolder.weights(architecture, state, type));

        Checkpoint checkpoint = Checkpoint.open(folder);
        List<float[]> weights = HubFolder.weights(checkpoint, architecture);

        assertThat(checkpoint.eosTokens()).containsExactlyInAnyOrder(5, 7);
        assertThat(weights).hasSameSizeAs(state.weights());
        // bfloat16 has 8 bits of a number.
        float off = type == StoredType.F32 ? 0 : 0x1p-8f;
        for (int i = 0; i < weights.size(); i++) {
            assertThat(weights.get(i)).containsExactly(state.weights().get(i), within(off));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0000, 0",
        "8000, -0",
        "3C00, 1",
        "C000, -2",
        "3555, 0.333251953125",
        "7BFF, 65504",
        "0400, 6.103515625e-5",
        "0001, 5.9604644775390625e-8",
        "83FF, -6.097555160522461e-5",
        "7C00, Infinity",
        "FC00, -Infinity",
        "7E00, NaN"
    })
    void halvesAreWhatTheStandardSays(String bits, float number) {
        assertThat(HubFolder.single((short) Integer.parseInt(bits, 16))).isEqualTo(Float.valueOf(number));
    }

    @ParameterizedTest
    @EnumSource
    void theConfigSaysWhichSinkThereIs(TrainedSink sink) {
        JsonObject config = JsonParser.parseString(new String(
                        HubFolder.config(TinyTraining.architecture(sink, true), 3, Set.of(), StoredType.BF16),
                        StandardCharsets.UTF_8))
                .getAsJsonObject();

        assertThat(config.get("torch_dtype").getAsString()).isEqualTo("bfloat16");
        switch (sink) {
            case NONE -> assertThat(config.get("attention_sink").getAsString()).isEqualTo("none");
            case ZERO -> assertThat(config.get("attention_sink").getAsString()).isEqualTo("zero");
            case HEAD -> assertThat(config.get("attention_sink").getAsString()).isEqualTo("head");
            case LEARNABLE -> {
                assertThat(config.has("attention_sink")).isFalse();
                assertThat(config.get("sink_token_id").getAsInt()).isEqualTo(3);
                assertThat(config.get("bos_token_id").getAsInt()).isEqualTo(3);
            }
        }
    }
}
