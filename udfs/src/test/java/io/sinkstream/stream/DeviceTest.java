package io.sinkstream.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.decoder.Hardware;
import io.sinkstream.settings.MemoryBudget;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The device that a model runs on, with a libtorch that has no CUDA. */
class DeviceTest {
    @TempDir
    private Path folder;

    private ModelOptions on(String device) {
        TinyModels.of(TinyModels.Shape.llama()).write(folder);
        return ModelOptions.of(folder)
                .withCompute(new ComputeOptions("auto", "auto", device, 0, new MemoryBudget(0, 0)));
    }

    @Test
    void aGpuThatIsNotThereIsToldInOneLineThatSaysWhatToDo() {
        String message = "--device: there is no GPU that libtorch 2.7.1 can use here; on a machine with one, set"
                + " PYTORCH_LIBRARY_PATH to the lib folder of a libtorch 2.7.1 for CUDA 12.8 and PYTORCH_FLAVOR to cu128,"
                + " or give --device cpu";
        assertThatThrownBy(() -> StreamModel.open(on("gpu")))
                .isInstanceOf(UserException.class)
                .hasMessage(message);
        assertThatThrownBy(() -> StreamModel.requireDevice(on("gpu")))
                .isInstanceOf(UserException.class)
                .hasMessage(message);
        assertThatCode(() -> StreamModel.describe(on("gpu")))
                .as("a driver need not have what its executors have")
                .doesNotThrowAnyException();
    }

    @Test
    void theProcessorIsTakenWhereNoGpuIsAskedFor() {
        for (String device : List.of("auto", "cpu")) {
            try (StreamModel model = StreamModel.open(on(device))) {
                StreamUpdate update = StreamUpdate.score(null, model.start(), new int[] {1, 2, 3});
                assertThat(model.advance(update).nll()).hasSize(3);
            }
        }
    }

    @Test
    void aShareIsOneOfTheMemoryThatCachesLieIn() {
        MemoryBudget share = new MemoryBudget(0, 25);
        assertThat(Hardware.CPU.bytes(share)).isEqualTo(share.bytes());
        assertThat(share.bytesOf(() -> 80_000_000_000L)).isEqualTo(20_000_000_000L);
        assertThat(new MemoryBudget(1 << 20, 0).bytesOf(() -> {
                    throw new AssertionError("nobody needs to know");
                }))
                .isEqualTo(1 << 20);
    }
}
