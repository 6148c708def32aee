package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static io.sinkstream.checkpoint.SafetensorsFile.entry;
import static io.sinkstream.checkpoint.SafetensorsFile.header;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A folder is opened as a whole or refused with what is wrong in it; its rows are mapped, however large the file. */
class CheckpointTest {
    private static final String A = entry("a", "F32", new long[] {2, 2}, 0, 16);
    private static final String B = entry("b", "F32", new long[] {1}, 0, 4);

    @TempDir
    Path folder;

    @BeforeEach
    void writeConfig() throws IOException {
        Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"llama\"}");
    }

    private Path weights(String name, String header, long dataBytes) {
        return SafetensorsFile.write(folder.resolve(name), header, dataBytes);
    }

    private void index(String json) throws IOException {
        Files.writeString(folder.resolve("model.safetensors.index.json"), json);
    }

    // What is in a folder.

    @Test
    void oneFileOfWeightsIsOpened() {
        weights("model.safetensors", header(A), 16);

        Checkpoint checkpoint = Checkpoint.open(folder);

        assertThat(checkpoint.folder()).isEqualTo(folder);
        assertThat(checkpoint.config().modelType()).isEqualTo("llama");
        assertThat(checkpoint.tensors()).containsOnlyKeys("a");
        assertThat(checkpoint.tensor("a").shape()).containsExactly(2L, 2L);
        assertThat(checkpoint.hasTokenizer()).isFalse();
        assertThat(checkpoint.tokenizer()).isEmpty();
        assertThat(checkpoint.eosTokens()).isEmpty();
    }

    @Test
    void noFolderIsRefused() {
        Path missing = folder.resolve("missing");

        assertThat(refusal(() -> Checkpoint.open(missing)))
                .isEqualTo(missing + ": no such folder; expected a checkpoint's folder, on every machine");
    }

    @Test
    void aFileIsNoFolder() {
        Path file = folder.resolve("config.json");

        assertThat(refusal(() -> Checkpoint.open(file)))
                .isEqualTo(file + ": is a file; expected a checkpoint's folder");
    }

    @Test
    void aFolderWithoutConfigIsRefusedWithWhatItHas() throws IOException {
        Files.delete(folder.resolve("config.json"));
        assertThat(refusal(() -> Checkpoint.open(folder)))
                .isEqualTo(folder + ": has no config.json; expected a Hugging Face checkpoint (the folder is empty)");

        Files.createFile(folder.resolve("model.gguf"));
        assertThat(refusal(() -> Checkpoint.open(folder)))
                .endsWith("expected a Hugging Face checkpoint (the folder has model.gguf)");
    }

    @Test
    void anAdapterIsRefused() throws IOException {
        weights("model.safetensors", header(A), 16);
        Path adapter = Files.createFile(folder.resolve("adapter_config.json"));

        assertThat(refusal(() -> Checkpoint.open(folder)))
                .isEqualTo(adapter + ": an adapter; expected none, merge it into the weights and take the file away");
    }

    @Test
    void aFolderWithoutWeightsIsRefusedWithWhatWasLookedFor() throws IOException {
        for (int i = 0; i < 9; i++) {
            Files.createFile(folder.resolve("x" + i));
        }

        assertThat(refusal(() -> Checkpoint.open(folder)))
                .isEqualTo(folder + ": no weights; looked for model.safetensors and model.safetensors.index.json"
                        + " (the folder has config.json, x0, x1, x2, x3, x4, x5, x6, and 2 more)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pytorch_model.bin",
                "pytorch_model.bin.index.json",
                "pytorch_model-00001-of-00002.bin",
                "model.pt",
                "consolidated.00.pth"
            })
    void picklesAreRefusedWithHowToConvertThem(String name) throws IOException {
        Files.createFile(folder.resolve(name));

        assertThat(refusal(() -> Checkpoint.open(folder)))
                .isEqualTo(folder + ": has its weights only as pickle (" + name + "), which can run code when it is"
                        + " read; convert it once, in Python with transformers:"
                        + " AutoModelForCausalLM.from_pretrained(FOLDER).save_pretrained(NEW_FOLDER,"
                        + " safe_serialization=True), or take a revision that has model.safetensors");
    }

    @Test
    void aPickleBesideSafetensorsIsNotRead() throws IOException {
        Files.createFile(folder.resolve("pytorch_model.bin"));
        weights("model.safetensors", header(A), 16);

        assertThat(Checkpoint.open(folder).tensors()).containsOnlyKeys("a");
    }

    @Test
    void aMissingTensorIsNamedWithTheFilesSearched() throws IOException {
        weights("model.safetensors", header(A), 16);
        assertThat(refusal(() -> Checkpoint.open(folder).tensor("lm_head.weight")))
                .isEqualTo(folder + ": tensor \"lm_head.weight\" is missing; looked in model.safetensors");

        Files.delete(folder.resolve("model.safetensors"));
        StringBuilder map = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            weights(i + ".safetensors", header(entry("t" + i, "F32", new long[] {}, 0, 4)), 4);
            map.append(i == 0 ? "" : ",").append("\"t%d\":\"%d.safetensors\"".formatted(i, i));
        }
        index("{\"weight_map\":{" + map + "}}");
        assertThat(refusal(() -> Checkpoint.open(folder).tensor("x")))
                .isEqualTo(folder + ": tensor \"x\" is missing; looked in 0.safetensors, 1.safetensors, 2.safetensors,"
                        + " 3.safetensors and 2 more files");
    }

    @Test
    void aTypeThatIsNoWeightIsRefusedWhenItIsAskedFor() {
        weights("model.safetensors", header(entry("w", "F8_E4M3", new long[] {4}, 0, 4)), 4);

        Checkpoint checkpoint = Checkpoint.open(folder);

        assertThat(checkpoint.tensors()).isEmpty();
        assertThat(refusal(() -> checkpoint.tensor("w")))
                .isEqualTo(folder + ": tensor \"w\" is stored as F8_E4M3; supported: [F32, F16, BF16]");
    }

    // Shards.

    @Test
    void shardsAreOneCheckpoint() throws IOException {
        Path one = weights("one.safetensors", header(A), 16);
        Path two = weights("two.safetensors", header(B), 4);
        index(
                "{\"metadata\":{\"total_size\":20},\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");

        Checkpoint checkpoint = Checkpoint.open(folder);

        assertThat(checkpoint.tensors()).containsOnlyKeys("a", "b");
        assertThat(checkpoint.tensor("a").file()).isEqualTo(one);
        assertThat(checkpoint.tensor("b").file()).isEqualTo(two);
    }

    @Test
    void shardsMayBeLinksAsInTheCacheOfHuggingFace(@TempDir Path blobs) throws IOException {
        Path blob = SafetensorsFile.write(blobs.resolve("0123abc"), header(A), 16);
        Files.createSymbolicLink(folder.resolve("one.safetensors"), blob);
        index("{\"weight_map\":{\"a\":\"one.safetensors\"}}");

        Checkpoint checkpoint = Checkpoint.open(folder);

        assertThat(checkpoint.map(checkpoint.tensor("a"), 0, 2).remaining()).isEqualTo(16);
    }

    @Test
    void aMissingShardIsNamed() throws IOException {
        weights("one.safetensors", header(A), 16);
        index("{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");

        assertThat(refusal(() -> Checkpoint.open(folder)))
                .isEqualTo(folder.resolve("two.safetensors")
                        + ": no such file, but model.safetensors.index.json names it; download it again");
    }

    @Test
    void aTensorThatIsNotWhereTheIndexSaysIsNamed() throws IOException {
        weights("one.safetensors", header(A), 16);
        weights("two.safetensors", header(B), 4);
        index("{\"weight_map\":{\"a\":\"two.safetensors\",\"b\":\"one.safetensors\"}}");

        assertThat(refusal(() -> Checkpoint.open(folder)))
                .isEqualTo(folder.resolve("two.safetensors")
                        + ": tensor \"a\" is missing, but model.safetensors.index.json says that it is there");
    }

    @Test
    void aTensorInTwoShardsIsRefused() throws IOException {
        weights("one.safetensors", header(A), 16);
        weights(
                "two.safetensors",
                header(entry("a", "I64", new long[] {2}, 0, 16), entry("b", "F32", new long[] {1}, 16, 20)),
                20);
        index("{\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"two.safetensors\"}}");

        assertThat(refusal(() -> Checkpoint.open(folder)))
                .isEqualTo(folder.resolve("two.safetensors")
                        + ": tensor \"a\" is in one.safetensors too; expected it in one file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../one.safetensors",
                "/etc/passwd",
                "sub/one.safetensors",
                "..",
                ".",
                "",
                " ",
                "a\\\\b",
                "C:x",
                "a\\u0000b"
            })
    void aShardOutsideTheFolderIsRefused(String name) throws IOException {
        index("{\"weight_map\":{\"a\":\"" + name + "\"}}");

        assertThat(refusal(() -> Checkpoint.open(folder)))
                .startsWith(folder.resolve("model.safetensors.index.json") + ": field \"weight_map.a\" is \"")
                .endsWith("\"; expected the plain name of a file in the same folder, without a path");
    }

    static Stream<Arguments> brokenIndexes() {
        return Stream.of(
                arguments(
                        "{}", "field \"weight_map\" is missing or empty; expected an object from tensor names to file"),
                arguments("{\"weight_map\":{}}", "field \"weight_map\" is missing or empty; "),
                arguments("{\"weight_map\":[]}", "field \"weight_map\" is a list; expected an object"),
                arguments(
                        "{\"weight_map\":{\"a\":1}}",
                        "field \"weight_map.a\" is a number; expected the name of a file"),
                arguments(
                        "{\"weight_map\":{\"a\":\"x\",\"a\":\"y\"}}",
                        "is not valid JSON: key \"a\" stands there twice"),
                arguments("{\"weight_map\":{\"a\":\"x\"}", "is not valid JSON: End of input"),
                arguments("[]", "is a list; expected an object"));
    }

    @ParameterizedTest
    @MethodSource("brokenIndexes")
    void aBrokenIndexIsRefused(String json, String message) throws IOException {
        index(json);

        assertThat(refusal(() -> Checkpoint.open(folder)))
                .startsWith(folder.resolve("model.safetensors.index.json") + ": " + message);
    }

    // End of sequence.

    static Stream<Arguments> ends() {
        return Stream.of(
                arguments("{\"eos_token_id\":[128001,128009]}", "{\"eos_token_id\":2}", List.of(128001, 128009)),
                arguments("{\"eos_token_id\":0}", "{\"eos_token_id\":2}", List.of(0)),
                arguments("{\"eos_token_id\":null}", "{\"eos_token_id\":2}", List.of(2)),
                arguments("{}", "{\"eos_token_id\":[2,3,2]}", List.of(2, 3)),
                arguments(null, "{\"eos_token_id\":2}", List.of(2)),
                arguments(null, "{}", List.of()));
    }

    @ParameterizedTest
    @MethodSource("ends")
    void theGenerationConfigSaysWhichTokensEnd(String generation, String config, List<Integer> expected)
            throws IOException {
        weights("model.safetensors", header(A), 16);
        Files.writeString(folder.resolve("config.json"), config);
        if (generation != null) {
            Files.writeString(folder.resolve("generation_config.json"), generation);
        }

        assertThat(Checkpoint.open(folder).eosTokens()).containsExactlyElementsOf(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "\"</s>\"", "[2,\"3\"]", "[[2]]", "1.5", "true", "{}"})
    void anEndThatIsNoTokenIsRefused(String value) throws IOException {
        weights("model.safetensors", header(A), 16);
        Path file = Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\":" + value + "}");

        assertThat(refusal(() -> Checkpoint.open(folder)))
                .isEqualTo(file + ": field \"eos_token_id\" is " + value
                        + "; expected a token id or a list of token ids, whole numbers of at least 0");
    }

    // Mapping.

    @Test
    void rowsAreMappedAsTheyLie() {
        String json =
                header(A, entry("b", "F32", new long[] {}, 16, 20), entry("none", "F32", new long[] {0, 3}, 20, 20));
        Path file = weights("model.safetensors", json, 20);
        long data = Long.BYTES + (long) json.length();
        SafetensorsFile.put(file, data, 1, 2, 3, 4, 5);
        Checkpoint checkpoint = Checkpoint.open(folder);
        TensorHeader a = checkpoint.tensor("a");

        assertThat(floats(checkpoint.map(a, 0, 2))).containsExactly(1, 2, 3, 4);
        assertThat(floats(checkpoint.map(a, 1, 2))).containsExactly(3, 4);
        assertThat(floats(checkpoint.map(a, 1, 1))).isEmpty();
        assertThat(floats(checkpoint.map(checkpoint.tensor("b"), 0, 1))).containsExactly(5);
        assertThat(floats(checkpoint.map(checkpoint.tensor("none"), 0, 0))).isEmpty();
        ByteBuffer rows = checkpoint.map(a, 0, 2);
        assertThat(rows.isDirect()).isTrue();
        assertThat(rows.isReadOnly()).isTrue();
        assertThat(rows.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
        assertThat(rows.position()).isZero();
    }

    @Test
    void rowsThatAreNotThereAreAProgrammersError() {
        weights("model.safetensors", header(A), 16);
        Checkpoint checkpoint = Checkpoint.open(folder);
        TensorHeader a = checkpoint.tensor("a");
        TensorHeader other = new TensorHeader("a", StoredType.F32, List.of(4L, 4L), a.file(), a.offset(), 64);

        for (long[] rows : new long[][] {{-1, 1}, {1, 0}, {0, 3}, {Long.MIN_VALUE, Long.MAX_VALUE}}) {
            assertThatThrownBy(() -> checkpoint.map(a, rows[0], rows[1]))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("rows " + rows[0] + " to " + rows[1] + " of a, which has 2");
        }
        assertThatThrownBy(() -> checkpoint.map(other, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not a tensor of " + folder);
    }

    @Test
    void theModelsContextHasSeveralNames() throws IOException {
        weights("model.safetensors", header(A), 16);
        assertThat(Checkpoint.open(folder).contextTokens()).isEmpty();
        for (String name : List.of("max_position_embeddings", "n_positions", "max_seq_len", "seq_length")) {
            Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"llama\", \"" + name + "\": 2048}");

            assertThat(Checkpoint.open(folder).contextTokens()).hasValue(2048);
        }
    }

    @Test
    void aFileThatWasCutOffAfterItWasOpenedIsRefused() throws IOException {
        Path file = weights("model.safetensors", header(A), 16);
        Checkpoint checkpoint = Checkpoint.open(folder);
        long size = Files.size(file);
        try (RandomAccessFile cut = new RandomAccessFile(file.toFile(), "rw")) {
            cut.setLength(size - 1);
        }

        assertThat(refusal(() -> checkpoint.map(checkpoint.tensor("a"), 0, 2)))
                .isEqualTo(file + ": has " + (size - 1) + " bytes, but tensor \"a\" ended at byte " + size
                        + " when it was opened; the file was changed: start again");
        Files.delete(file);
        assertThat(refusal(() -> checkpoint.map(checkpoint.tensor("a"), 0, 2)))
                .startsWith(file + ": cannot be read (NoSuchFileException");
    }

    @Test
    void filesAndTensorsAboveTwoGibibytesAreMappedByRows() {
        long rowBytes = 1L << 20;
        long rows = 2500;
        long big = rows * rowBytes;
        String json = header(
                entry("big", "F32", new long[] {rows, rowBytes / 4}, 0, big),
                entry("behind", "F32", new long[] {3}, big, big + 12));
        Path file = weights("model.safetensors", json, big + 12);
        long data = Long.BYTES + (long) json.length();
        SafetensorsFile.put(file, data + 2400 * rowBytes, 7);
        SafetensorsFile.put(file, data + big - 4, 8);
        SafetensorsFile.put(file, data + big, 1, 2, 3);

        Checkpoint checkpoint = Checkpoint.open(folder);
        TensorHeader tensor = checkpoint.tensor("big");

        assertThat(tensor.bytes()).isEqualTo(big).isGreaterThan(Integer.MAX_VALUE);
        assertThat(floats(checkpoint.map(checkpoint.tensor("behind"), 0, 3))).containsExactly(1, 2, 3);
        ByteBuffer tail = checkpoint.map(tensor, 2400, rows);
        assertThat(tail.remaining()).isEqualTo(100 << 20);
        assertThat(tail.getFloat(0)).isEqualTo(7);
        assertThat(tail.getFloat(tail.limit() - 4)).isEqualTo(8);
        assertThat(checkpoint.map(tensor, 0, 2047).remaining()).isEqualTo(2047 << 20);
        assertThatThrownBy(() -> checkpoint.map(tensor, 0, 2048))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rows 0 to 2048 of big take 2147483648 bytes, more than one buffer's 2147483647; take fewer"
                        + " rows at a time");
    }

    private static float[] floats(ByteBuffer bytes) {
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        return values;
    }
}
