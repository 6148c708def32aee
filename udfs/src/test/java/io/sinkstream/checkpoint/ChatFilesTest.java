package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a chat template comes from, and the special tokens that it may name. */
class ChatFilesTest {
    private final JsonObject config = new JsonObject();
    private final JsonObject own = new JsonObject();

    @TempDir
    Path folder;

    @BeforeEach
    void aModel() {
        config.addProperty("model_type", "gptj");
    }

    private void write(String name, Object content) throws IOException {
        Files.writeString(folder.resolve(name), content.toString());
    }

    private Optional<ChatSource> read() throws IOException {
        write("config.json", config);
        write("tokenizer_config.json", own);
        return ChatFiles.read(new FolderEntries(folder), ModelConfig.read(folder.resolve("config.json")));
    }

    private static JsonObject named(String name, String template) {
        JsonObject named = new JsonObject();
        named.addProperty("name", name);
        named.addProperty("template", template);
        return named;
    }

    private static JsonObject added(String content) {
        JsonObject token = new JsonObject();
        token.addProperty("content", content);
        token.addProperty("lstrip", false);
        return token;
    }

    @Test
    void aModelWithoutOne() throws IOException {
        assertThat(read()).isEmpty();

        own.add("chat_template", null);
        assertThat(read()).isEmpty();
    }

    @Test
    void aFieldOfTheTokenizersConfig() throws IOException {
        own.addProperty("chat_template", "{{ bos_token }}é");

        ChatSource source = read().orElseThrow();

        assertThat(source.template()).isEqualTo("{{ bos_token }}é");
        assertThat(source.place()).isEqualTo(folder.resolve("tokenizer_config.json") + ": field \"chat_template\",");
    }

    @Test
    void aFileOfItsOwnWins() throws IOException {
        own.addProperty("chat_template", "field");
        write("chat_template.jinja", "file é\r\n");

        ChatSource source = read().orElseThrow();

        assertThat(source.template()).isEqualTo("file é\r\n");
        assertThat(source.place()).isEqualTo(folder.resolve("chat_template.jinja") + ":");
    }

    @Test
    void ofSeveralTheDefault() throws IOException {
        JsonArray all = new JsonArray();
        all.add(named("tool_use", "tools"));
        all.add(named("default", "plain"));
        own.add("chat_template", all);

        assertThat(read().orElseThrow().template()).isEqualTo("plain");
    }

    @Test
    void severalWithoutADefault() {
        JsonArray all = new JsonArray();
        all.add(named("rag", "documents"));
        own.add("chat_template", all);

        assertThat(refusal(this::read))
                .contains("\"chat_template\"")
                .contains("\"default\"")
                .contains("rag");
    }

    @Test
    void whatIsNoTemplate() {
        own.addProperty("chat_template", 5);

        assertThat(refusal(this::read)).contains("\"chat_template\" is 5");
    }

    @Test
    void aFileThatIsNoText() throws IOException {
        Files.write(folder.resolve("chat_template.jinja"), "é".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(refusal(this::read)).contains("chat_template.jinja: is not valid UTF-8");

        write("chat_template.jinja", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
        assertThat(refusal(this::read)).contains("chat_template.jinja").contains("git lfs pull");
    }

    @Test
    void specialTokensAreTextsOrObjects() throws IOException {
        own.addProperty("chat_template", "x");
        own.addProperty("bos_token", "<s>");
        own.add("eos_token", added("</s>"));
        own.add("unk_token", null);
        own.addProperty("pad_token", "");
        JsonArray more = new JsonArray();
        more.add("<a>");
        more.add(added("<b>"));
        own.add("additional_special_tokens", more);

        assertThat(read().orElseThrow().specialTokens())
                .isEqualTo(Map.of(
                        "bos_token", "<s>", "eos_token", "</s>", "additional_special_tokens", List.of("<a>", "<b>")));
    }

    @Test
    void theOlderFileCountsUnlessTheNewerOneIsComplete() throws IOException {
        own.addProperty("chat_template", "x");
        own.addProperty("eos_token", "new");
        JsonObject older = new JsonObject();
        older.addProperty("eos_token", "old");
        write("special_tokens_map.json", older);
        assertThat(read().orElseThrow().specialTokens()).containsEntry("eos_token", "old");

        own.add("added_tokens_decoder", new JsonObject());
        assertThat(read().orElseThrow().specialTokens()).containsEntry("eos_token", "new");
    }

    @Test
    void aClassHasTokensOfItsOwn() throws IOException {
        own.addProperty("chat_template", "x");
        own.addProperty("tokenizer_class", "LlamaTokenizerFast");
        own.add("unk_token", null);

        assertThat(read().orElseThrow().specialTokens()).isEqualTo(Map.of("bos_token", "<s>", "eos_token", "</s>"));
    }

    @Test
    void aTokenThatIsNone() {
        own.addProperty("chat_template", "x");
        own.addProperty("bos_token", 1);

        assertThat(refusal(this::read)).contains("\"bos_token\" is 1").contains("a token");
    }
}
