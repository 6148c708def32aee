package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.DjlOffline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Small tokenizers written here: words only, so that each id can be counted by hand. */
class TextTokenizerTest {
    private static final int BOS = 1;
    private static final int EOS = 2;

    private static final String BOS_AND_TEXT = template("{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}}", "");
    private static final String TEXT_AND_EOS = template("", "{\"SpecialToken\":{\"id\":\"</s>\",\"type_id\":0}}");
    private static final String BOS_TEXT_EOS = template(
            "{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}}", "{\"SpecialToken\":{\"id\":\"</s>\",\"type_id\":0}}");
    private static final String TWO_BOS = template(
            "{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}},{\"SpecialToken\":{\"id\":\"</s>\",\"type_id\":0}}", "");

    @TempDir
    Path folder;

    private static String template(String before, String after) {
        String single = String.join(
                ",",
                List.of(before, "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}", after).stream()
                        .filter(piece -> !piece.isEmpty())
                        .toList());
        return """
                {"type":"TemplateProcessing","single":[%s],
                 "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
                 "special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]},
                                   "</s>":{"id":"</s>","ids":[2],"tokens":["</s>"]}}}"""
                .formatted(single);
    }

    /** Ids: 0 unknown, 1 BOS, 2 EOS, then the words; truncation and padding are asked for, and must not happen. */
    private TextTokenizer words(String postProcessor, String... words) {
        StringBuilder vocabulary = new StringBuilder("\"<unk>\":0,\"<s>\":1,\"</s>\":2");
        for (int i = 0; i < words.length; i++) {
            vocabulary.append(",\"").append(words[i]).append("\":").append(3 + i);
        }
        return open(
                """
                {"version":"1.0",
                 "truncation":{"direction":"Right","max_length":3,"strategy":"LongestFirst","stride":0},
                 "padding":{"strategy":{"Fixed":8},"direction":"Right","pad_to_multiple_of":null,"pad_id":0,
                            "pad_type_id":0,"pad_token":"<unk>"},
                 "added_tokens":[
                   {"id":1,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,
                    "special":true},
                   {"id":2,"content":"</s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,
                    "special":true}],
                 "normalizer":null,"pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":%s,"decoder":null,
                 "model":{"type":"WordLevel","vocab":{%s},"unk_token":"<unk>"}}"""
                        .formatted(postProcessor, vocabulary));
    }

    private TextTokenizer open(String json) {
        try {
            return TextTokenizer.open(Files.writeString(folder.resolve("tokenizer.json"), json));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void withoutAPostProcessorNothingStandsInFront() {
        try (TextTokenizer tokenizer = words("null", "the", "cat")) {
            assertThat(tokenizer.prefix()).isEmpty();
            assertThat(tokenizer.encode("the cat")).containsExactly(3, 4);
        }
    }

    @Test
    void onlyWhatStandsInFrontIsThePrefix() {
        try (TextTokenizer bos = words(BOS_AND_TEXT, "the");
                TextTokenizer eos = words(TEXT_AND_EOS, "the");
                TextTokenizer both = words(BOS_TEXT_EOS, "the");
                TextTokenizer two = words(TWO_BOS, "the")) {
            assertThat(bos.prefix()).containsExactly(BOS);
            assertThat(eos.prefix()).isEmpty();
            assertThat(both.prefix()).containsExactly(BOS);
            assertThat(two.prefix()).containsExactly(BOS, EOS);
        }
    }

    @Test
    void thePrefixIsTheCallersOwn() {
        try (TextTokenizer tokenizer = words(BOS_AND_TEXT, "the")) {
            tokenizer.prefix()[0] = 99;
            assertThat(tokenizer.prefix()).containsExactly(BOS);
        }
    }

    @Test
    void aVocabularyThatKnowsNoOrdinaryWordStillShowsItsPrefix() {
        String json =
                """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
                 "pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":%s,"decoder":null,
                 "model":{"type":"WordLevel","vocab":{"<s>":1,"</s>":2,"qu\u00e6":3,"x\u0142":4},"unk_token":"<unk>"}}"""
                        .formatted(BOS_TEXT_EOS);
        try (TextTokenizer tokenizer = open(json)) {
            assertThat(tokenizer.prefix()).containsExactly(BOS);
            assertThat(tokenizer.encode("x\u0142 qu\u00e6")).containsExactly(4, 3);
            assertThat(refusal(() -> tokenizer.encode("hello")))
                    .startsWith(folder.resolve("tokenizer.json") + ": cannot encode \"hello\" (");
        }
    }

    @Test
    void truncationAndPaddingOfTheFileAreOff() {
        try (TextTokenizer tokenizer = words(BOS_TEXT_EOS, "a")) {
            assertThat(tokenizer.encode("a")).containsExactly(3);
            assertThat(tokenizer.encode("a ".repeat(1000))).hasSize(1000).containsOnly(3);
        }
    }

    @Test
    void anEmptyTextHasNoTokens() {
        try (TextTokenizer tokenizer = words(BOS_TEXT_EOS, "a")) {
            assertThat(tokenizer.encode("")).isEmpty();
            assertThat(tokenizer.decode(new int[0])).isEmpty();
        }
    }

    @Test
    void nullIsRefusedBeforeItReachesNativeCode() {
        try (TextTokenizer tokenizer = words("null", "a")) {
            assertThatThrownBy(() -> tokenizer.encode(null)).isInstanceOf(NullPointerException.class);
        }
    }

    @Test
    void decodingLeavesOutSpecialAndUnknownIds() {
        try (TextTokenizer tokenizer = words("null", "the", "cat")) {
            assertThat(tokenizer.decode(new int[] {BOS, 3, 4, 1_000_000, EOS})).isEqualTo("the cat");
            assertThatThrownBy(() -> tokenizer.decode(new int[] {3, -1}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("token id -1; expected at least 0");
        }
    }

    @Test
    void aClosedTokenizerSaysSo() {
        TextTokenizer tokenizer = words("null", "a");
        tokenizer.close();
        tokenizer.close();

        assertThatThrownBy(() -> tokenizer.encode("a")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> tokenizer.decode(new int[] {3})).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '^',
            value = {
                "^^      | is empty; expected JSON; download it again",
                "{       | is not valid JSON: End of input",
                "[]      | is a list; expected an object",
                "null    | is null; expected an object",
                "{}      | field \"model\" is missing; expected an object, as in every Hugging Face tokenizer.json",
                "{\"model\":3} | field \"model\" is a number; expected an object",
                "{\"model\":{},\"decoder\":3} | not a tokenizer (",
                "{\"decoder\":{\"content\":\"\\ud800\"}} | is not valid JSON: half a surrogate pair at path $.decoder",
                "{\"decoder\":{\"\\udc00\":1}} | is not valid JSON: half a surrogate pair at path $.decoder",
                "{\"decoder\":{\"start\":1e999}} | is not valid JSON: number 1e999 out of range at path $.decoder",
                "{\"decoder\":{\"type\":\"\\x\"}} | is not valid JSON: Invalid escape sequence",
                "{\"decoder\":{\"type\":\"\u0001\"}} | is not valid JSON: ",
                "{\"model\":{},\"model\":{}} | is not valid JSON: key \"model\" stands there twice",
                "{\"model\":{\"type\":\"Nonsense\"}} | not a tokenizer (",
                "{\"model\":{\"type\":\"BPE\",\"vocab\":{},\"merges\":[\"a b\"]}} | not a tokenizer (",
            })
    void whatIsNoTokenizerIsRefused(String json, String message) {
        assertThat(refusal(() -> open(json))).startsWith(folder.resolve("tokenizer.json") + ": " + message);
    }

    @Test
    void aTokenizerThatWasCutOffIsRefusedAndDoesNotEndTheJvm() throws IOException {
        String whole =
                Files.readString(SharedFolders.folder("models/stories260K").resolve("tokenizer.json"));

        for (int length = 1; length < whole.length(); length += 997) {
            String part = whole.substring(0, length);
            assertThat(refusal(() -> open(part)))
                    .startsWith(folder.resolve("tokenizer.json") + ": is not valid JSON: ");
        }
    }

    @Test
    void anIdThatIsNoIntIsRefused() {
        String json =
                """
                {"version":"1.0","truncation":null,"padding":null,"added_tokens":[],"normalizer":null,
                 "pre_tokenizer":{"type":"WhitespaceSplit"},"post_processor":null,"decoder":null,
                 "model":{"type":"WordLevel","vocab":{"a":0,"big":4294967295},"unk_token":"a"}}""";
        try (TextTokenizer tokenizer = open(json)) {
            assertThat(refusal(() -> tokenizer.encode("big")))
                    .isEqualTo(folder.resolve("tokenizer.json")
                            + ": field \"model.vocab\" has the id 4294967295; expected at most 2147483647");
        }
    }

    @Test
    void theSettingsThatKeepDjlOffTheNetworkAreMade() {
        String before = System.clearProperty("ai.djl.offline");
        String kept = System.setProperty("OPT_OUT_TRACKING", "false");
        try {
            DjlOffline.ensure();
            assertThat(System.getProperty("ai.djl.offline")).isEqualTo("true");
            assertThat(System.getProperty("OPT_OUT_TRACKING")).isEqualTo("false");
        } finally {
            System.setProperty("ai.djl.offline", before == null ? "true" : before);
            System.setProperty("OPT_OUT_TRACKING", kept == null ? "true" : kept);
        }
    }

    // A real one: Llama's, with bytes for what it does not know, and a decoder that strips one leading space.

    private static TextTokenizer stories() {
        return Checkpoint.open(SharedFolders.folder("models/stories260K"))
                .tokenizer()
                .orElseThrow();
    }

    @Test
    void storiesPutsBosInFrontAndEncodesWithoutIt() {
        try (TextTokenizer tokenizer = stories()) {
            assertThat(tokenizer.prefix()).containsExactly(BOS);
            assertThat(tokenizer.encode("Once upon a time"))
                    .doesNotContain(BOS, EOS)
                    .isNotEmpty();
            assertThat(tokenizer.encode("")).isEmpty();
            assertThat(tokenizer.encode("<s>"))
                    .as("the name of a special token")
                    .containsExactly(BOS);
        }
    }

    @ParameterizedTest
    @CsvSource({"Once upon a time", "caf\u00e9 \u4e2d\u6587", "\ud83d\ude00 smile", "'  two spaces in front'", "'a\0b'"
    })
    void storiesGivesBackWhatItTook(String text) {
        try (TextTokenizer tokenizer = stories()) {
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
            assertThat(tokenizer.decode(tokenizer.encode(text + "\n"))).isEqualTo(text + "\n");
        }
    }

    @Test
    void storiesDropsTheSpaceInFrontOfWhatItDecodes() {
        try (TextTokenizer tokenizer = stories()) {
            int[] whole = tokenizer.encode("the cat sat");
            int[] context = tokenizer.encode("the");
            int[] rest = IntStream.of(whole).skip(context.length).toArray();

            assertThat(whole).startsWith(context);
            assertThat(tokenizer.decode(rest)).isEqualTo("cat sat");
            assertThat(tokenizer
                            .decode(whole)
                            .substring(tokenizer.decode(context).length()))
                    .isEqualTo(" cat sat");
        }
    }

    @Test
    void halfASurrogatePairSpoilsNothingElse() {
        try (TextTokenizer tokenizer = stories()) {
            assertThat(tokenizer.encode("\ud83d\ude00 \ud83d x \ude00"))
                    .isEqualTo(tokenizer.encode("\ud83d\ude00 \ufffd x \ufffd"));
        }
    }

    @Test
    void nulIsACharacterLikeAnyOther() {
        try (TextTokenizer tokenizer = stories()) {
            int[] ids = tokenizer.encode("a\u0000b");

            assertThat(ids).hasSizeGreaterThan(tokenizer.encode("ab").length);
            assertThat(tokenizer.decode(ids)).isEqualTo("a\u0000b");
        }
    }

    @Test
    void aMegabyteOfOneCharacterIsReadWhole() {
        try (TextTokenizer tokenizer = stories()) {
            String text = "x".repeat(1 << 20);

            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
        }
    }

    @Test
    void twoMegabytesAreNotTruncated() {
        try (TextTokenizer tokenizer = stories()) {
            String text = "Once upon a time there was a cat.\n".repeat(60_000);

            assertThat(text).hasSizeGreaterThan(2_000_000);
            assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
        }
    }

    @Test
    void manyThreadsEncodeAsOne() throws InterruptedException, ExecutionException {
        try (TextTokenizer tokenizer = stories()) {
            List<String> texts = IntStream.range(0, 400)
                    .mapToObj(i -> ("Tim saw " + i + " big dogs \ud83d\ude00 and ran. ").repeat(1 + i % 7))
                    .toList();
            List<int[]> alone = texts.stream().map(tokenizer::encode).toList();
            ExecutorService threads = Executors.newFixedThreadPool(8);
            try {
                List<Future<int[]>> together = new ArrayList<>();
                for (int round = 0; round < 5; round++) {
                    texts.forEach(text -> together.add(threads.submit(() -> tokenizer.encode(text))));
                }
                for (int i = 0; i < together.size(); i++) {
                    assertThat(together.get(i).get()).isEqualTo(alone.get(i % texts.size()));
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    @Test
    void closingWaitsForThoseWhoEncode() throws InterruptedException, ExecutionException {
        String text = "Once upon a time there was a cat.\n".repeat(1000);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        TextTokenizer tokenizer = stories();
        try {
            int[] expected = tokenizer.encode(text);
            List<Future<int[]>> running = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                running.add(threads.submit(() -> tokenizer.encode(text)));
            }
            running.get(0).get();
            tokenizer.close();

            for (Future<int[]> future : running) {
                try {
                    assertThat(future.get()).isEqualTo(expected);
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(IllegalStateException.class);
                }
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
