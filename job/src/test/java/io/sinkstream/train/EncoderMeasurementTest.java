package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.batch.StreamColumns;
import io.sinkstream.checkpoint.StoredType;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.TrainedSink;
import io.sinkstream.train.EncoderReport.Reading;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How a text is read that is longer than a sample. */
final class EncoderMeasurementTest {
    private static final int CONTEXT = 24;
    private static final int WINDOW = 3;
    private static final int LAYERS = 2;

    @TempDir
    private Path folder;

    /** Two layers see six tokens to each side: what is as far from a block's edges can't tell that there are any. */
    @ParameterizedTest
    @EnumSource(names = {"NONE", "LEARNABLE"})
    void withinABlockAWindowAloneIsTheBlock(TrainedSink sink) throws Exception {
        EncoderMeasurement measurement = measurement(sink);
        int front = sink == TrainedSink.LEARNABLE ? 1 : 0;
        // The third block, which has the learned sink in front of its text.
        int room = CONTEXT - front;
        int begin = 2 * room;
        for (int place = begin; place < begin + room; place++) {
            int[] stream = IntStream.range(0, 100).map(t -> t * t % 16).toArray();
            stream[place] = ~stream[place];

            double block = measurement.read(List.of(stream), Reading.BLOCKS).nll();
            double window = measurement.read(List.of(stream), Reading.WINDOW).nll();

            int toEdge = Math.min(place - begin, begin + room - 1 - place);
            if (toEdge >= LAYERS * WINDOW) {
                assertThat(block).as("place %d", place).isCloseTo(window, within(1e-5));
            } else if (toEdge < WINDOW) {
                assertThat(block).as("place %d", place).isNotCloseTo(window, within(1e-4));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSameTokensAreHiddenInEveryReading(Reading reading) throws Exception {
        EncoderMeasurement measurement = measurement(TrainedSink.LEARNABLE);

        EncoderMeasurement.Found found = measurement.read(reading);

        // 15 of 100 of what is behind the first 24 of 100 and of 60 tokens; 40 are less than twice 24.
        assertThat(found.tokens()).isEqualTo(11 + 5);
        assertThat(found.nll()).isBetween(1.0, 10.0);
    }

    /** A text of more than two samples, one of more than four, and one that is too short. */
    private EncoderMeasurement measurement(TrainedSink sink) throws Exception {
        ModelShape shape = new ModelShape(LAYERS, 12, 3, 1, 20, CONTEXT, sink, AttentionSpan.window(WINDOW));
        Architecture architecture = shape.architecture(18);
        Files.write(folder.resolve("config.json"), HubFolder.config(architecture, 16, Set.of(), StoredType.F32));
        Files.write(
                folder.resolve("model.safetensors"),
                HubFolder.weights(architecture, TinyTraining.begin(architecture), StoredType.F32));
        SettingValues values = SettingValues.of(Map.of("device", "cpu", "tokens", "ids", "key", "key"));
        Pretraining training = new Pretraining(
                new TrainingText(StreamColumns.from(values), "\n", 1 << 20),
                null,
                null,
                16,
                shape,
                TrainingPlan.from(values),
                folder.toString(),
                StoredType.F32);
        List<int[]> streams = new ArrayList<>();
        for (int length : new int[] {100, 40, 60}) {
            streams.add(IntStream.range(0, length).map(t -> t * t % 16).toArray());
        }
        return new EncoderMeasurement(folder, training, 2, WINDOW, streams);
    }
}
