package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The shaded jar on a cluster: the driver, the master, two workers and two executors are JVMs of their own. */
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StandaloneClusterIT {
    private Path folder;
    private SmallRun run;
    private StandaloneCluster cluster;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        this.folder = folder;
        run = SmallRun.write(folder);
        cluster = StandaloneCluster.start(InstalledSpark.ofThisBuild(), 2);
    }

    @AfterAll
    void close() throws Exception {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void scores() throws Exception {
        Path output = folder.resolve("scored");

        InstalledSpark.Submitted submitted =
                cluster.submit("cluster-scores", folder, List.of(), run.score(run.model(), output));

        assertThat(submitted.exitCode()).as(submitted.stderr()).isZero();
        run.check(output);
    }

    /**
     * The path is the same on the driver and on the executors, and leads each to its own working directory: only the
     * driver's has the model.
     */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aModelThatTheExecutorsDoNotHave() throws Exception {
        Path model = Path.of("/proc/self/cwd").resolve(folder.relativize(run.model()));
        Path output = folder.resolve("never");

        InstalledSpark.Submitted submitted =
                cluster.submit("cluster-model", folder, List.of(), run.score(model, output));

        assertThat(submitted.exitCode()).as(submitted.stderr()).isEqualTo(1);
        assertThat(submitted.said()).last().asString().contains(model.toString());
    }
}
