package io.sinkstream.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.gson.JsonParser;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A table of characters that the native reader would abort the JVM on is refused in one line, and a sound one is used. */
class CharsmapFormTest {
    private static final String[] WORDS = {"<unk>", "b", "é", "c"};

    @TempDir
    private Path folder;

    /** Replaces a by b and à by é: units at 'a' and, two steps away, at the bytes of à. */
    private static int[] trie() {
        int[] trie = new int[512];
        trie['a'] = 'a' | 1 << 8 | (1 << 10);
        trie['a' ^ 1] = 0;
        trie[0xC3] = 0xC3 | 256 << 10;
        trie[0xC3 ^ 256 ^ 0xA0] = 0xA0 | 1 << 8 | 2 << 10;
        trie[0xC3 ^ 256 ^ 0xA0 ^ 2] = 2;
        return trie;
    }

    private static byte[] table(int[] trie, byte[] texts) {
        ByteBuffer table = ByteBuffer.allocate(4 + 4 * trie.length + texts.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(4 * trie.length);
        for (int unit : trie) {
            table.putInt(unit);
        }
        return table.put(texts).array();
    }

    private static byte[] texts() {
        return "b\0é\0".getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] sound() {
        return table(trie(), texts());
    }

    private static String normalizer(byte[] table) {
        return "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\""
                + Base64.getEncoder().encodeToString(table) + "\"}";
    }

    private TextTokenizer open(String normalizer) throws IOException {
        StringBuilder vocabulary = new StringBuilder();
        for (int id = 0; id < WORDS.length; id++) {
            vocabulary
                    .append(id == 0 ? "" : ",")
                    .append('"')
                    .append(WORDS[id])
                    .append("\":")
                    .append(id);
        }
        return TextTokenizer.open(Files.writeString(
                folder.resolve("tokenizer.json"),
                """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":%s,
                 "pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,
                 "model":{"type":"WordLevel","vocab":{%s},"unk_token":"<unk>"}}"""
                        .formatted(normalizer, vocabulary)));
    }

    private String refusal(String normalizer) {
        Path file = folder.resolve("tokenizer.json");
        var problem = assertThatExceptionOfType(UserException.class)
                .isThrownBy(() -> CharsmapForm.check(file, JsonParser.parseString(normalizer)));
        String message = problem.actual().getMessage();
        assertThat(message)
                .startsWith(file + ": field \"normalizer\": precompiled_charsmap ")
                .endsWith("; expected the table of characters of a SentencePiece model")
                .doesNotContain("\n");
        return message;
    }

    @Test
    void aSoundTableReplacesCharacters() throws IOException {
        try (TextTokenizer tokenizer = open(normalizer(sound()))) {
            assertThat(tokenizer.encode("a c à é")).containsExactly(1, 3, 2, 2);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"%s\"}",
                "{\"precompiled_charsmap\":\"%s\"}",
                "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Sequence\",\"normalizers\":"
                        + "[{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"%s\"}]}]}"
            })
    void aTableIsFoundWhereverItStands(String normalizer) {
        assertThat(refusal(normalizer.formatted("AAAA/////w==")))
                .contains("declares a trie of 1069547520 units where it has room for 0");
    }

    @ParameterizedTest
    @CsvSource({
        "'', 'has 0 bytes and no size'",
        "'AAA=', 'has 2 bytes and no size'",
        "'AAAAAA==', 'declares a trie of 0 units'",
        "'(not)', 'is not in base64'"
    })
    void whatIsNoTableIsRefused(String base64, String problem) {
        assertThat(refusal("{\"precompiled_charsmap\":\"" + base64 + "\"}")).contains(problem);
    }

    @Test
    void textsThatAreNotInUtf8AreRefused() {
        assertThat(refusal(normalizer(table(trie(), new byte[] {'b', 0, (byte) 0xFF, 0}))))
                .contains("has texts that are not in UTF-8");
    }

    @Test
    void aTrieThatLeadsOutOfItselfIsRefused() {
        int[] trie = trie();
        trie['a'] = 'a' | 1 << 8 | 1 << 9 | 512 << 10;
        assertThat(refusal(normalizer(table(trie, texts())))).contains("leads to unit");
        int[] rootless = trie();
        rootless[0] = 512 << 10;
        assertThat(refusal(normalizer(table(rootless, texts())))).contains("leads to unit 767 of 512");
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 6, Integer.MAX_VALUE})
    void aCharacterIsReplacedByNoTextThatIsNotThere(int text) {
        int[] trie = trie();
        trie['a' ^ 1] = text;
        assertThat(refusal(normalizer(table(trie, texts())))).contains("replaces by the text at " + text);
    }

    /** If one slipped through, this JVM would end. */
    @Test
    void whateverIsDamagedIsRefusedOrUsed() throws IOException {
        Random random = new Random(7);
        int used = 0;
        for (int i = 0; i < 400; i++) {
            byte[] table = sound();
            for (int n = random.nextInt(4); n >= 0; n--) {
                table[random.nextBoolean() ? random.nextInt(table.length) : 4 * random.nextInt(4)] =
                        (byte) random.nextInt(256);
            }
            for (int n = random.nextInt(8); n >= 0; n--) {
                int unit = 1 + random.nextInt(trie().length - 1);
                int label = random.nextBoolean() ? unit & 0xFF : random.nextInt();
                ByteBuffer.wrap(table)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(4 * unit + 4, label | random.nextInt(4) << 8 | random.nextInt(600) << 10);
            }
            try (TextTokenizer tokenizer = open(normalizer(table))) {
                assertThat(tokenizer.encode("a b c à éàà \u4e2d \ud83d\ude00 aaa \u00c3a"))
                        .isNotEmpty();
                used++;
            } catch (UserException e) {
                assertThat(e.getMessage()).doesNotContain("\n");
            }
        }
        assertThat(used).isBetween(20, 380);
    }
}
