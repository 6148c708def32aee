package io.sinkstream.tables;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is written to one path of a run is not read from another, nor removed with it. */
class DistinctPathsTest {
    @TempDir
    private Path folder;

    private void give(String input, String checkpoint, String output) {
        new DistinctPaths(new Configuration())
                .with(Settings.INPUT, folder + "/" + input)
                .with(StreamSettings.CHECKPOINT, folder + "/" + checkpoint)
                .with(Settings.OUTPUT, folder + "/" + output);
    }

    @ParameterizedTest
    @CsvSource({
        "in,checkpoint,in",
        "in,checkpoint,in/scored",
        "in/day,checkpoint,in",
        "in,in/checkpoint,out",
        "in,both,both",
        "in,both/checkpoint,both",
        "in,both,both/_scored",
        // It would be part of the input as soon as it is there.
        "'lo*',checkpoint,logs-scored",
        "'{in,lo}gs/*.json',checkpoint,logs",
        "'*/day',checkpoint,a/day/scored",
        "in,checkpoint,./in/",
    })
    void onePathForTwoThingsIsRefused(String input, String checkpoint, String output) {
        assertThatThrownBy(() -> give(input, checkpoint, output))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("are the same or one lies in the other; give another path");
    }

    @ParameterizedTest
    @CsvSource({
        "in,checkpoint,in-scored",
        "in/*.json,checkpoint,out",
        "in,out/_checkpoint,out",
        "in,out/.checkpoint,out",
        "'logs*/day',checkpoint,scored/day",
        "a/b,a/c,a/d"
    })
    void pathsApartAreTaken(String input, String checkpoint, String output) {
        assertThatCode(() -> give(input, checkpoint, output)).doesNotThrowAnyException();
    }

    @Test
    void aLinkIsWhatItLeadsTo() throws IOException {
        Files.createDirectories(folder.resolve("real/in"));
        Files.createSymbolicLink(folder.resolve("link"), folder.resolve("real"));

        assertThatThrownBy(() -> give("real/in", "checkpoint", "link/in/still/to/come"))
                .isInstanceOf(UserException.class);
    }
}
