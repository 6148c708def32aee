package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A blank in front of a text, as transformers 4.57.1 puts it there: {@code prefix-spaces.json} is written by it. */
class PrefixSpaceTest {
    private static final String FIELD = "add_prefix_space";

    @TempDir
    private Path folder;

    private JsonObject table;

    @BeforeEach
    void read() throws IOException {
        try (InputStream in = PrefixSpaceTest.class.getResourceAsStream("prefix-spaces.json")) {
            table = JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .getAsJsonObject();
        }
        SafetensorsFile.write(folder.resolve("model.safetensors"), "{}", 0);
        Files.writeString(folder.resolve("config.json"), "{\"model_type\":\"llama\"}");
    }

    private Checkpoint open(String parts, JsonElement config) throws IOException {
        JsonObject tokenizer = table.getAsJsonObject("tokenizer").deepCopy();
        table.getAsJsonObject("parts").getAsJsonObject(parts).asMap().forEach(tokenizer::add);
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
        Files.writeString(folder.resolve("tokenizer_config.json"), config.toString());
        return Checkpoint.open(folder);
    }

    private static List<Integer> ids(Checkpoint checkpoint) {
        try (TextTokenizer tokenizer = checkpoint.tokenizer().orElseThrow()) {
            return IntStream.of(tokenizer.encode("a")).boxed().toList();
        }
    }

    @Test
    void whatTransformersPutsThereStandsThere() throws IOException {
        int refused = 0;
        for (JsonElement each : table.getAsJsonArray("cases")) {
            JsonObject entry = each.getAsJsonObject();
            JsonObject config = entry.getAsJsonObject("config");
            String parts = entry.get("tokenizer").getAsString();
            Checkpoint checkpoint = open(parts, config);
            if (!entry.get("ids").isJsonNull()) {
                assertThat(ids(checkpoint))
                        .as(entry.toString())
                        .isEqualTo(entry.getAsJsonArray("ids").asList().stream()
                                .map(JsonElement::getAsInt)
                                .toList());
                continue;
            }
            // It would make the tokenizer anew from its slow form, which is another if the two disagree.
            boolean isThere = !parts.endsWith("without");
            if (config.get(FIELD).getAsBoolean() == isThere) {
                assertThat(ids(checkpoint)).as(entry.toString()).hasSize(isThere ? 2 : 1);
            } else {
                refused++;
                assertThat(refusal(() -> ids(checkpoint)))
                        .isEqualTo(folder.resolve("tokenizer_config.json") + ": field \"add_prefix_space\" is "
                                + !isThere + "; expected " + isThere + " or null, as tokenizer.json has it: a tokenizer"
                                + " that is made anew from its slow form is not supported");
            }
        }
        assertThat(refused).isEqualTo(9);
    }

    @Test
    void theFingerprintTellsIt() throws IOException {
        JsonObject config = JsonParser.parseString("{\"tokenizer_class\":\"GPT2Tokenizer\",\"add_prefix_space\":true}")
                .getAsJsonObject();
        String same = open("bytes with", config).tokenizerFingerprint();
        String changed = open("bytes without", config).tokenizerFingerprint();
        config.addProperty(FIELD, false);

        assertThat(open("bytes without", config).tokenizerFingerprint()).isNotEqualTo(changed);
        config.addProperty(FIELD, true);
        assertThat(open("bytes with", config).tokenizerFingerprint()).isEqualTo(same);
        assertThat(open("bytes without", config).tokenizerFingerprint()).isEqualTo(changed);
    }
}
