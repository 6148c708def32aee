package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
            Files.write(folder.resolve("config.json"), HubFolder.config(architecture, 0, StoredType.F32));
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
                double[] nlls = results.get(0).nll();
                nll += Arrays.stream(nlls).filter(one -> !Double.isNaN(one)).sum();
                predicted += sample.length - 1;
            }
        }

        // fp32 twice, with another order of the same sums.
        assertThat(nll / predicted).isCloseTo(trained, within(1e-5));
    }

    @ParameterizedTest
    @EnumSource
    void theConfigSaysWhichSinkThereIs(TrainedSink sink) {
        JsonObject config = JsonParser.parseString(new String(
                        HubFolder.config(TinyTraining.architecture(sink, true), 3, StoredType.BF16),
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
