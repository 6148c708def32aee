package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** The place that DJL unpacks its natives into, which it names in no message of its own. */
@DisabledIfEnvironmentVariable(named = DjlCacheTest.NAME, matches = ".*", disabledReason = "it wins over the property")
@DisabledIfEnvironmentVariable(named = "ENGINE_CACHE_DIR", matches = ".*", disabledReason = "it wins over the property")
class DjlCacheTest {
    static final String NAME = "DJL_CACHE_DIR";

    @TempDir
    private Path folder;

    @Test
    void aPlaceThatCantBeUsedIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        String before = System.getProperty(NAME);
        System.setProperty(NAME, file.toString());
        try {
            assertThat(refusal(() -> DjlCache.ready("tokenizers")))
                    .startsWith(
                            "DJL_CACHE_DIR: DJL unpacks its native libraries into " + file + "/tokenizers, which can't")
                    .endsWith("; set DJL_CACHE_DIR to a folder that can be written");

            System.setProperty(NAME, folder + "/new");
            assertThat(DjlCache.ready("tokenizers"))
                    .isEqualTo(folder.resolve("new/tokenizers"))
                    .isEmptyDirectory();
        } finally {
            if (before == null) {
                System.clearProperty(NAME);
            } else {
                System.setProperty(NAME, before);
            }
        }
    }
}
