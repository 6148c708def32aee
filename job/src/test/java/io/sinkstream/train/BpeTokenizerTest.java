package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.testing.TinyModels;
import io.sinkstream.testing.TinyModels.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is trained here, read by those who will use it. */
class BpeTokenizerTest {
    private static final List<String> SPECIALS = List.of("<pad>", "<s>");
    private static final int LONGEST = 1024;

    private static final List<String> SAMPLE = SampleText.lines();

    private static final BpeTokenizer TRAINED = BpeTrainer.train(SampleText.counts(), 900, SPECIALS);

    @TempDir
    Path folder;

    private TextTokenizer open(BpeTokenizer tokenizer) throws IOException {
        TinyModels.of(Shape.llama()).write(folder);
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer.tokenizerJson());
        return Checkpoint.open(folder).tokenizer().orElseThrow();
    }

    @Test
    void textsAreEncodedAsAPlainEncoderDoesAndComeBack() throws IOException {
        PlainBpe plain = new PlainBpe(TRAINED);
        Random random = new Random(1);
        int shorter = 0;
        try (TextTokenizer tokenizer = open(TRAINED.startingWith("<s>"))) {
            for (int i = 0; i < 3000; i++) {
                String text = randomText(random);
                int[] ids = tokenizer.encode(text);
                assertThat(ids).as("%s", text).isEqualTo(plain.encode(text));
                assertThat(tokenizer.decode(ids)).isEqualTo(text);
                shorter += ids.length < text.length() ? 1 : 0;
            }
            assertThat(tokenizer.encode("")).isEmpty();
            assertThat(tokenizer.encode("a\uD83D")).isEqualTo(plain.encode("a\uFFFD"));
        }
        assertThat(shorter).as("texts that merges made shorter").isGreaterThan(1000);
    }

    /** Lines of logs, runs of blanks, digits and equal characters, and whatever Unicode has. */
    private static String randomText(Random random) {
        StringBuilder text = new StringBuilder();
        int pieces = random.nextInt(6);
        for (int i = 0; i < pieces; i++) {
            switch (random.nextInt(6)) {
                case 0 -> text.append(SAMPLE.get(random.nextInt(SAMPLE.size())));
                case 1 -> text.append(" \t\n\r\u00A0\u3000".charAt(random.nextInt(6)));
                case 2 -> text.append(" ".repeat(random.nextInt(20)));
                case 3 -> text.append(random.nextLong());
                case 4 -> text.append("ab=".substring(random.nextInt(3)).repeat(random.nextInt(9)));
                default ->
                    random.ints(random.nextInt(20), 0, Character.MAX_CODE_POINT + 1)
                            .map(c -> random.nextBoolean() ? c : c % 0x3000)
                            .filter(BpeTokenizerTest::isKnown)
                            .forEach(text::appendCodePoint);
            }
        }
        return text.toString();
    }

    /** What Java's Unicode does not have yet, the native library's may: then it may be a letter there. */
    private static boolean isKnown(int c) {
        int type = Character.getType(c);
        return type != Character.UNASSIGNED && type != Character.SURROGATE;
    }

    /**
     * Merges across the places where words end tell what kind of character each is: of a letter only, {@code a} and its
     * first byte are one token, and so on.
     */
    @Test
    void everyCharacterIsCutAsThePlainEncoderCutsIt() throws IOException {
        List<BpeTokenizer.Merge> merges = new ArrayList<>();
        List<String> tokens = new ArrayList<>(ByteAlphabet.inOrder());
        for (char before : new char[] {'a', '-', '\n', ' '}) {
            for (int first = 0; first < ByteAlphabet.SIZE; first++) {
                BpeTokenizer.Merge merge = new BpeTokenizer.Merge(
                        Character.toString(ByteAlphabet.symbol(before)),
                        Character.toString(ByteAlphabet.symbol(first)));
                merges.add(merge);
                tokens.add(merge.left() + merge.right());
            }
        }
        BpeTokenizer cutting = new BpeTokenizer(List.of(), Optional.empty(), tokens, merges);
        PlainBpe plain = new PlainBpe(cutting);
        List<String> texts = IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                .filter(BpeTokenizerTest::isKnown)
                .filter(c -> !Character.isIdeographic(c) || c % 16 == 0) // so many, and all alike
                .filter(c -> c < 0xF_0000) // private use from there on
                .mapToObj(c -> "a%1$s1-%1$s1\n%1$s1 %1$s1".formatted(Character.toString(c)))
                .toList();

        List<String> different = new ArrayList<>();
        try (TextTokenizer tokenizer = open(cutting)) {
            for (int from = 0; from < texts.size(); from += 64) {
                List<String> some = texts.subList(from, Math.min(from + 64, texts.size()));
                String joined = String.join("", some);
                int[] ids = tokenizer.encode(joined);
                assertThat(tokenizer.decode(ids)).isEqualTo(joined);
                if (!Arrays.equals(ids, plain.encode(joined))) {
                    some.stream()
                            .filter(text -> !Arrays.equals(tokenizer.encode(text), plain.encode(text)))
                            .map(text -> "U+" + Integer.toHexString(text.codePointAt(1)))
                            .forEach(different::add);
                }
            }
        }

        assertThat(texts).hasSizeGreaterThan(40_000);
        assertThat(different).isEmpty();
    }

    @Test
    void theGivenTokenStandsInFront() throws IOException {
        try (TextTokenizer tokenizer = open(TRAINED.startingWith("<s>"))) {
            assertThat(tokenizer.prefix()).containsExactly(1);
            assertThat(tokenizer.encode("<s>")).containsExactly(1);
            assertThat(tokenizer.decode(new int[] {1, 0})).isEmpty();
        }
    }

    @Test
    void withoutOneNothingStandsInFront() throws IOException {
        try (TextTokenizer tokenizer = open(TRAINED)) {
            assertThat(tokenizer.prefix()).isEmpty();
        }
    }

    @Test
    void theFileIsHuggingFacesOwn() {
        BpeTokenizer tokenizer = BpeTrainer.train(SampleText.counts(), 100_000, List.of("<s>", "<pad>"));
        JsonObject expected = SampleText.expected();
        JsonObject found = JsonParser.parseString(tokenizer.startingWith("<s>").tokenizerJson())
                .getAsJsonObject();

        assertThat(found.keySet()).isEqualTo(expected.keySet());
        // In the form that older versions read too.
        String merges = expected.getAsJsonObject("model").getAsJsonArray("merges").asList().stream()
                .map(JsonElement::getAsJsonArray)
                .map(pair -> pair.get(0).getAsString() + " " + pair.get(1).getAsString())
                .collect(Collectors.joining("\n"));
        assertThat(found.getAsJsonObject("model").remove("merges").getAsJsonArray().asList().stream()
                        .map(JsonElement::getAsString)
                        .collect(Collectors.joining("\n")))
                .isEqualTo(merges);
        expected.getAsJsonObject("model").remove("merges");
        // They differ in fields that are not read; what they do is tested above.
        for (String part : List.of("pre_tokenizer", "decoder")) {
            expected.remove(part);
            found.remove(part);
        }
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void theConfigNamesTheTokenInFront() {
        String json = TRAINED.startingWith("<s>").tokenizerJson();
        assertThat(config(json, TRAINED.tokens().indexOf("<s>")))
                .isEqualTo(
                        JsonParser.parseString(
                                """
                                {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>",
                                 "model_max_length": 1024, "clean_up_tokenization_spaces": false}"""));
        assertThat(config(json, -1).getAsJsonObject().keySet()).doesNotContain("bos_token");
    }

    private static JsonElement config(String json, int sinkToken) {
        return JsonParser.parseString(
                new String(HubFolder.tokenizerConfig(json, LONGEST, sinkToken), StandardCharsets.UTF_8));
    }

    @Test
    void onlyASpecialTokenCanStandInFront() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TRAINED.startingWith("the"))
                .withMessage("\"the\" in front of a text; expected one of the special tokens [<pad>, <s>]");
    }
}
