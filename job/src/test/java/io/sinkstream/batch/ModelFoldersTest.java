package io.sinkstream.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.sinkstream.harness.OtherFileSystem;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.testing.TestSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with a model of another file system, in one line. */
class ModelFoldersTest {
    private static final String IMPL = OtherFileSystem.PROPERTY.substring("spark.hadoop.".length());

    @TempDir
    private Path folder;

    @BeforeEach
    void know() {
        TestSession.get().sparkContext().hadoopConfiguration().set(IMPL, OtherFileSystem.class.getName());
    }

    @AfterEach
    void forget() {
        TestSession.get().sparkContext().hadoopConfiguration().unset(IMPL);
    }

    private static String refusal(String model) {
        Throwable thrown = catchThrowable(() -> ModelFolders.resolve(Settings.MODEL, model));
        assertThat(thrown).isExactlyInstanceOf(UserException.class);
        assertThat(thrown.getMessage()).startsWith("--model: ").doesNotContain("\n");
        return thrown.getMessage();
    }

    @Test
    void aFolderThatIsNotThereOrNoFolder() throws IOException {
        assertThat(refusal("other://" + folder + "/none"))
                .startsWith("--model: other:" + folder + "/none: there is no such folder or file (");
        Path file = Files.createFile(folder.resolve("model.safetensors"));
        assertThat(refusal("other://" + file))
                .isEqualTo("--model: other:" + file + " is a file; expected the folder that holds it");
    }

    @Test
    void aFolderWithoutACheckpoint() {
        assertThat(refusal("other://" + folder))
                .isEqualTo("--model: other:" + folder + " has no config.json; expected a Hugging Face checkpoint");
    }

    @Test
    void aFileSystemThatNobodyKnows() {
        assertThat(refusal("none://host/m"))
                .startsWith(
                        "--model: none://host/m: its file system can't be reached (No FileSystem for scheme \"none\")")
                .contains("--packages org.apache.hadoop:hadoop-aws");
        assertThat(refusal("s3a://bucket/m")).contains("S3AFileSystem not found");
        assertThat(refusal("https://127.0.0.1:1/m")).startsWith("--model: https://127.0.0.1:1/m");
    }

    @Test
    void aPasswordIsNotShown() {
        assertThat(refusal("s3a://key:verySecret@bucket/m"))
                .isEqualTo("--model: its address holds a password, which logs would show; leave it out, and set it by"
                        + " spark.hadoop.*");
    }
}
