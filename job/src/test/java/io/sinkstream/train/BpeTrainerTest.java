package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.gson.JsonObject;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BpeTrainerTest {
    /** Far more than the sample text has pairs for. */
    private static final int PLENTY = 100_000;

    private static final List<String> SPECIALS = List.of("<s>", "<pad>");

    @Test
    void huggingFacesTrainerMakesTheSame() {
        JsonObject model = SampleText.expected().getAsJsonObject("model");

        BpeTokenizer tokenizer = BpeTrainer.train(SampleText.counts(), PLENTY, SPECIALS);

        List<String> tokens = model.getAsJsonObject("vocab").entrySet().stream()
                .sorted(Map.Entry.comparingByValue((a, b) -> Integer.compare(a.getAsInt(), b.getAsInt())))
                .map(Map.Entry::getKey)
                .toList();
        List<BpeTokenizer.Merge> merges = model.getAsJsonArray("merges").asList().stream()
                .map(pair -> pair.getAsJsonArray())
                .map(pair -> new BpeTokenizer.Merge(
                        pair.get(0).getAsString(), pair.get(1).getAsString()))
                .toList();
        assertThat(tokenizer.merges()).isEqualTo(merges);
        assertThat(tokenizer.tokens()).isEqualTo(tokens);
    }

    @Test
    void aVocabularyIsNoLargerThanTheTextHasPairsFor() {
        BpeTokenizer tokenizer = BpeTrainer.train(SampleText.counts(), PLENTY, SPECIALS);

        assertThat(tokenizer.size()).isBetween(901, PLENTY - 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {258, 259, 400, 900})
    void aSmallVocabularyIsTheStartOfALargeOne(int vocabulary) {
        BpeTokenizer large = BpeTrainer.train(SampleText.counts(), PLENTY, SPECIALS);

        BpeTokenizer small = BpeTrainer.train(SampleText.counts(), vocabulary, SPECIALS);

        assertThat(small.size()).isEqualTo(vocabulary);
        assertThat(small.tokens()).isEqualTo(large.tokens().subList(0, vocabulary));
        assertThat(small.merges()).isEqualTo(large.merges().subList(0, vocabulary - 258));
    }

    @Test
    void theMostFrequentPairComesFirstAndThenTheSmallestIds() {
        BpeTokenizer tokenizer = BpeTrainer.train(Map.of("xy", 3L, "ab", 3L, "cd", 3L, "cde", 1L), 1000, List.of());

        assertThat(tokenizer.merges())
                .containsExactly(
                        new BpeTokenizer.Merge("c", "d"),
                        new BpeTokenizer.Merge("a", "b"),
                        new BpeTokenizer.Merge("x", "y"));
        assertThat(tokenizer.tokens().subList(ByteAlphabet.SIZE, tokenizer.size()))
                .containsExactly("cd", "ab", "xy");
    }

    @Test
    void ofThreeEqualTokensTheFirstTwoAreMerged() {
        BpeTokenizer tokenizer = BpeTrainer.train(Map.of("aaaaa", 2L), 1000, List.of());

        assertThat(tokenizer.merges())
                .containsExactly(
                        new BpeTokenizer.Merge("a", "a"),
                        new BpeTokenizer.Merge("aa", "a"),
                        new BpeTokenizer.Merge("aa", "aaa"));
    }

    @Test
    void aPairThatComesOnceIsNoToken() {
        assertThat(BpeTrainer.train(Map.of("abc", 1L, "de", 1L), 1000, List.of())
                        .merges())
                .isEmpty();
    }

    @Test
    void noWordsGiveTheBytesAlone() {
        BpeTokenizer tokenizer = BpeTrainer.train(Map.of(), 1000, SPECIALS);

        assertThat(tokenizer.size()).isEqualTo(2 + ByteAlphabet.SIZE);
        assertThat(tokenizer.tokens())
                .startsWith("<s>", "<pad>", "!", "\"", "#")
                .endsWith("\u0141", "\u0142", "\u0143");
    }

    @Test
    void theOrderOfTextsAndWordsDoesNotMatter() {
        BpeTokenizer expected = BpeTrainer.train(SampleText.counts(), PLENTY, SPECIALS);
        for (int seed = 0; seed < 5; seed++) {
            Random random = new Random(seed);
            List<String> lines = new ArrayList<>(SampleText.lines());
            Collections.shuffle(lines, random);
            WordCounter counter = new WordCounter();
            lines.forEach(counter::add);
            List<Map.Entry<String, Long>> words =
                    new ArrayList<>(counter.counts().entrySet());
            Collections.shuffle(words, random);
            Map<String, Long> shuffled = words.stream()
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, Long::sum, LinkedHashMap::new));

            assertThat(BpeTrainer.train(shuffled, PLENTY, SPECIALS)).isEqualTo(expected);
        }
    }

    @Test
    void aVocabularyWithoutRoomForTheBytesIsRefused() {
        assertThatExceptionOfType(UserException.class)
                .isThrownBy(() -> BpeTrainer.train(Map.of(), 257, SPECIALS))
                .withMessage("--vocabulary is 257; expected at least 258, for 256 bytes and 2 special tokens");
        assertThatExceptionOfType(UserException.class)
                .isThrownBy(() -> BpeTrainer.train(Map.of(), -1, List.of("<s>")))
                .withMessage("--vocabulary is -1; expected at least 257, for 256 bytes and 1 special token");
    }

    @Test
    void specialTokensHaveDifferentNames() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BpeTrainer.train(Map.of(), 1000, List.of("<s>", "<s>")))
                .withMessage("special tokens [<s>, <s>]; expected different names");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BpeTrainer.train(Map.of(), 1000, List.of("")))
                .withMessage("special tokens []; expected different names");
    }

    @Test
    void aCountBelowOneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> BpeTrainer.train(Map.of("ab", 0L), 1000, List.of()))
                .withMessage("a count of 0; expected at least 1");
    }
}
