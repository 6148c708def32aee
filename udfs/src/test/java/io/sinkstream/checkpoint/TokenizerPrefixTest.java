package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What stands in front of a text, as transformers 4.57.1 puts it there: {@code prefixes.json} is written by it. */
class TokenizerPrefixTest {
    private static final JsonObject TABLE = table();
    private static final String TOKENIZER = "tokenizer.json";
    private static final String CONFIG = "tokenizer_config.json";
    private static final String LEGACY = "special_tokens_map.json";

    @TempDir
    Path folder;

    private static JsonObject table() {
        try (InputStream in = TokenizerPrefixTest.class.getResourceAsStream("prefixes.json")) {
            return JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .getAsJsonObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Stream<Arguments> cases() {
        return StreamSupport.stream(TABLE.getAsJsonArray("cases").spliterator(), false)
                .map(JsonElement::getAsJsonObject)
                .map(entry -> Arguments.of(entry.toString(), entry));
    }

    private Checkpoint open(JsonObject entry) throws IOException {
        JsonObject tokenizer = TABLE.getAsJsonObject("tokenizer").deepCopy();
        String postProcessor = entry.get("post_processor").getAsString();
        tokenizer.add("post_processor", TABLE.getAsJsonObject("post_processors").get(postProcessor));
        Files.writeString(folder.resolve(TOKENIZER), tokenizer.toString());
        for (String file : List.of(CONFIG, LEGACY, "config.json")) {
            Files.deleteIfExists(folder.resolve(file));
            if (entry.has(file)) {
                Files.writeString(folder.resolve(file), entry.get(file).toString());
            }
        }
        SafetensorsFile.write(folder.resolve("model.safetensors"), "{}", 0);
        return Checkpoint.open(folder);
    }

    private static JsonObject entry(String postProcessor, String config) {
        JsonObject entry = new JsonObject();
        entry.addProperty("post_processor", postProcessor);
        if (config != null) {
            entry.add(CONFIG, JsonParser.parseString(config));
        }
        entry.add("config.json", JsonParser.parseString("{\"model_type\":\"llama\"}"));
        return entry;
    }

    private static List<Integer> prefix(Checkpoint checkpoint) {
        try (TextTokenizer tokenizer = checkpoint.tokenizer().orElseThrow()) {
            return IntStream.of(tokenizer.prefix()).boxed().toList();
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void whatTransformersPutsInFrontStandsThere(String name, JsonObject entry) throws IOException {
        JsonElement expected = entry.get("prefix");
        if (expected.isJsonNull()) {
            assertThat(refusal(() -> prefix(open(entry)))).contains("_token");
            return;
        }

        assertThat(prefix(open(entry)))
                .isEqualTo(expected.getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsInt)
                        .toList());
    }

    @Test
    void aTokenizerWithoutAConfigStandsForItself() throws IOException {
        assertThat(prefix(open(entry("none", null)))).isEmpty();
        assertThat(prefix(open(entry("bos", null)))).containsExactly(1);
    }

    @Test
    void aTokenThatTheTokenizerLacksIsRefused() throws IOException {
        Checkpoint named = open(entry("none", "{\"tokenizer_class\":\"LlamaTokenizer\",\"bos_token\":\"<zz>\"}"));
        assertThat(refusal(named::checkTokenizer))
                .isEqualTo(folder.resolve(CONFIG) + ": field \"bos_token\" is \"<zz>\"; expected a token of"
                        + " tokenizer.json, which has no \"<zz>\"");
        assertThat(refusal(
                        () -> open(entry("none", "{\"tokenizer_class\":\"LlamaTokenizer\",\"add_bos_token\":\"no\"}"))))
                .isEqualTo(folder.resolve(CONFIG) + ": field \"add_bos_token\" is \"no\"; expected true or false");
    }

    @Test
    void theTokenOfAUnigramModelIsFoundByItsPlace() throws IOException {
        JsonObject config = entry("none", "{\"tokenizer_class\":\"LlamaTokenizer\",\"bos_token\":\"b\"}");
        var unused = open(config);
        Files.writeString(
                folder.resolve(TOKENIZER),
                """
                {"version":"1.0","added_tokens":[],"pre_tokenizer":{"type":"WhitespaceSplit"},
                 "model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["a",-1.0],["b",-2.0]]}}""");

        assertThat(prefix(Checkpoint.open(folder))).containsExactly(2);
    }

    @Test
    void theFingerprintTellsWhatStandsInFront() throws IOException {
        String itself = open(entry("bos", null)).tokenizerFingerprint();
        // As every checkpoint of a stream that was begun has it.
        assertThat(itself)
                .isEqualTo(new Fingerprint()
                        .content(Optional.of(folder.resolve(TOKENIZER)))
                        .hex());
        String added = "{\"tokenizer_class\":\"LlamaTokenizer\",\"bos_token\":\"<s>\",\"add_bos_token\":%s}";

        assertThat(open(entry("bos", added.formatted(true))).tokenizerFingerprint())
                .isEqualTo(itself);
        assertThat(open(entry("bos", added.formatted(false))).tokenizerFingerprint())
                .isNotEqualTo(itself);
        assertThat(open(entry("none", added.formatted(true))).tokenizerFingerprint())
                .isNotEqualTo(open(entry("none", added.formatted(false))).tokenizerFingerprint());
    }
}
