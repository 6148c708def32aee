package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Prefix;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that are not what their names say are found by describing the model, before anything is begun. */
class BrokenFilesTest {
    private static final String POINTER =
            """
            version https://git-lfs.github.com/spec/v1
            oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
            size 9085657
            """;

    @TempDir
    Path folder;

    @BeforeEach
    void write() throws IOException {
        var unused = TinyModels.of(Shape.llama()).tokenizer(Prefix.BOS).write(folder);
        Files.writeString(folder.resolve("generation_config.json"), "{}");
        Files.writeString(folder.resolve("tokenizer_config.json"), "{}");
        Files.writeString(folder.resolve("special_tokens_map.json"), "{}");
    }

    private String described() {
        return refusal(() -> StreamModel.describe(ModelOptions.of(folder)));
    }

    @Test
    void aSoundFolderIsDescribed() {
        assertThat(StreamModel.describe(ModelOptions.of(folder)).tokenizer()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "config.json",
                "generation_config.json",
                "tokenizer.json",
                "tokenizer_config.json",
                "special_tokens_map.json",
                "model.safetensors"
            })
    void aGitLfsPointerIsToldAsWhatItIs(String name) throws IOException {
        Path file = Files.writeString(folder.resolve(name), POINTER);

        assertThat(described()).isEqualTo(file + ": is a Git LFS pointer, not the file: run git lfs pull");
    }

    @Test
    void aPointerInPlaceOfAnIndexOrAShardIsToldToo() throws IOException {
        Files.delete(folder.resolve("model.safetensors"));
        Path index = Files.writeString(folder.resolve("model.safetensors.index.json"), POINTER);
        assertThat(described()).isEqualTo(index + ": is a Git LFS pointer, not the file: run git lfs pull");

        Files.writeString(index, "{\"weight_map\":{\"a\":\"one.safetensors\"}}");
        Path shard = Files.writeString(folder.resolve("one.safetensors"), POINTER);
        assertThat(described()).isEqualTo(shard + ": is a Git LFS pointer, not the file: run git lfs pull");
    }

    @ParameterizedTest
    @ValueSource(strings = {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"})
    void emptyOrMarkedOrNestedFilesAreRefused(String name) throws IOException {
        Path file = folder.resolve(name);
        String sound = Files.readString(file);

        Files.writeString(file, "\ufeff" + sound);
        assertThat(described()).isEqualTo(file + ": starts with a byte order mark; expected JSON in UTF-8 without one");
        Files.writeString(file, "");
        assertThat(described()).isEqualTo(file + ": is empty; expected JSON; download it again");
        Files.writeString(file, "{\"x\":" + "[".repeat(4 << 20));
        assertThat(described()).startsWith(file + ": is not valid JSON: ");
        Files.writeString(file, "{\"decoder\":" + "{\"a\":".repeat(1 << 20));
        assertThat(described()).startsWith(file + ": is not valid JSON: ");
        Files.write(file, sound.substring(0, sound.length() / 2).getBytes(StandardCharsets.UTF_8));
        assertThat(described()).startsWith(file + ": ");
        Files.writeString(file, "\u0000".repeat(100));
        assertThat(described()).startsWith(file + ": is not valid JSON: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "config.json",
                "generation_config.json",
                "tokenizer.json",
                "tokenizer_config.json",
                "special_tokens_map.json",
                "model.safetensors"
            })
    void whatIsNoFileIsNotTakenForAbsent(String name) throws IOException {
        Path file = folder.resolve(name);
        Files.delete(file);

        Files.createSymbolicLink(file, Path.of("../blobs/gone"));
        assertThat(described())
                .isEqualTo(file + ": is a link to a file that is not there; expected a file; download it again");
        Files.delete(file);
        Files.createDirectory(file);
        assertThat(described()).isEqualTo(file + ": is a folder; expected a file; download it again");
    }

    @Test
    void aLinkToAFileIsRead() throws IOException {
        Path blob = Files.createDirectory(folder.resolve("blobs")).resolve("1");
        Files.move(folder.resolve("tokenizer.json"), blob);
        Files.createSymbolicLink(folder.resolve("tokenizer.json"), Path.of("blobs/1"));

        assertThat(StreamModel.describe(ModelOptions.of(folder)).tokenizer()).isTrue();
    }

    @Test
    void whatOnlyTheNativeReaderRefusesIsFoundToo() throws IOException {
        Path file = Files.writeString(folder.resolve("tokenizer.json"), "{\"model\":{\"type\":\"Nonsense\"}}");
        assertThat(described()).startsWith(file + ": not a tokenizer (");

        // In the place of one that was sound, and the other way round.
        write();
        aSoundFolderIsDescribed();
        Files.writeString(file, "{\"model\":{\"type\":\"Nonsense\"}}");
        assertThat(described()).startsWith(file + ": not a tokenizer (");
    }

    @Test
    void aWeightFileThatIsEmptyIsRefused() throws IOException {
        Path file = Files.write(folder.resolve("model.safetensors"), new byte[0]);
        assertThat(described()).startsWith(file + ": truncated: has 0 bytes; expected a safetensors file");
    }
}
