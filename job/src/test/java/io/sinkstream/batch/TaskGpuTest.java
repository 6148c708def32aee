package io.sinkstream.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.MemoryBudget;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ComputeOptions;
import io.sinkstream.stream.ModelOptions;
import java.nio.file.Path;
import java.util.Map;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The GPU of a task, from the addresses that Spark gives it. */
class TaskGpuTest {
    private static final ModelOptions OPTIONS = ModelOptions.of(Path.of("model"));

    private static Map<String, ResourceInformation> resources(String name, String... addresses) {
        return Map.of(name, new ResourceInformation(name, addresses));
    }

    @ParameterizedTest
    @CsvSource({"0,0", "3,3", "' 12 ',12"})
    void theAddressIsAnIndex(String address, int index) {
        ModelOptions assigned = TaskGpu.assigned(OPTIONS, resources("gpu", address));
        assertThat(assigned.compute().gpu()).isEqualTo(index);
        assertThat(assigned).isEqualTo(OPTIONS.withCompute(OPTIONS.compute().withGpu(index)));
    }

    @Test
    void theFirstOfSeveralIsTaken() {
        assertThat(TaskGpu.assigned(OPTIONS, resources("gpu", "2", "0"))
                        .compute()
                        .gpu())
                .isEqualTo(2);
    }

    @Test
    void withoutOneItIsTheMachinesFirst() {
        assertThat(TaskGpu.assigned(OPTIONS, Map.of())).isEqualTo(OPTIONS);
        assertThat(TaskGpu.assigned(OPTIONS, resources("gpu"))).isEqualTo(OPTIONS);
        assertThat(TaskGpu.assigned(OPTIONS, resources("fpga", "1"))).isEqualTo(OPTIONS);
    }

    @Test
    void onTheProcessorAllTasksShareOneModel() {
        ModelOptions onCpu = OPTIONS.withCompute(new ComputeOptions("auto", "auto", "cpu", 0, new MemoryBudget(1, 0)));
        assertThat(TaskGpu.assigned(onCpu, resources("gpu", "1"))).isEqualTo(onCpu);
    }

    @ParameterizedTest
    @ValueSource(strings = {"MIG-GPU-8f1c", "-1", ""})
    void anotherAddressIsRefused(String address) {
        assertThatThrownBy(() -> TaskGpu.assigned(OPTIONS, resources("gpu", address)))
                .isInstanceOf(UserException.class)
                .hasMessage("the GPU that Spark assigned to a task has the address \"" + address + "\"; supported are"
                        + " indexes such as 0, as Spark's getGpusResources.sh gives them: see"
                        + " spark.executor.resource.gpu.discoveryScript");
    }
}
