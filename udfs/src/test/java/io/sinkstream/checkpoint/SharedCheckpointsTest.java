package io.sinkstream.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checkpoints that Hugging Face's own code wrote are read: every tensor, in the place that a plain reader finds. */
class SharedCheckpointsTest {
    @Test
    void goldenCheckpointsOfAllFamiliesAreRead() throws IOException {
        List<Path> folders;
        try (Stream<Path> golden = Files.list(SharedFolders.folder("golden"))) {
            folders = golden.filter(Files::isDirectory).sorted().toList();
        }

        assertThat(folders).hasSizeGreaterThanOrEqualTo(11);
        for (Path folder : folders) {
            assertReadsAsAPlainReader(folder);
        }
    }

    @Test
    void storiesIsRead() throws IOException {
        Path folder = SharedFolders.folder("models/stories260K");
        Checkpoint checkpoint = assertReadsAsAPlainReader(folder);

        assertThat(checkpoint.tensors())
                .hasSize(47)
                .containsKeys("model.embed_tokens.weight", "model.layers.4.mlp.down_proj.weight", "model.norm.weight");
        assertThat(checkpoint.tensor("model.embed_tokens.weight").shape()).containsExactly(512L, 64L);
        assertThat(checkpoint.config().modelType()).isEqualTo("llama");
        assertThat(checkpoint.config().requireInt("num_hidden_layers", 1)).isEqualTo(5);
        assertThat(checkpoint.config().optDouble("rms_norm_eps")).contains(1e-5);
        assertThat(checkpoint.eosTokens()).containsExactly(2);
        assertThat(checkpoint.hasTokenizer()).isTrue();
    }

    private static Checkpoint assertReadsAsAPlainReader(Path folder) throws IOException {
        byte[] file = Files.readAllBytes(folder.resolve("model.safetensors"));
        int length = Math.toIntExact(
                ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong());
        JsonObject header = JsonParser.parseString(new String(file, Long.BYTES, length, StandardCharsets.UTF_8))
                .getAsJsonObject();
        header.remove("__metadata__");

        Checkpoint checkpoint = Checkpoint.open(folder);

        assertThat(checkpoint.tensors()).as("%s", folder).containsOnlyKeys(header.keySet());
        for (TensorHeader tensor : checkpoint.tensors().values()) {
            JsonObject entry = header.getAsJsonObject(tensor.name());
            assertThat(tensor.type()).hasToString(entry.get("dtype").getAsString());
            assertThat(tensor.shape())
                    .isEqualTo(entry.getAsJsonArray("shape").asList().stream()
                            .map(dimension -> dimension.getAsLong())
                            .toList());
            int begin = Long.BYTES
                    + length
                    + entry.getAsJsonArray("data_offsets").get(0).getAsInt();
            assertThat(checkpoint.map(tensor, 0, tensor.rows()))
                    .as("%s", tensor)
                    .isEqualTo(ByteBuffer.wrap(file, begin, Math.toIntExact(tensor.bytes())));
        }
        return checkpoint;
    }
}
