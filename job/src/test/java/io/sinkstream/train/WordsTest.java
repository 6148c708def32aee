package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

class WordsTest {
    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Words.forEach(text, words::add);
        return words;
    }

    @Example
    void aBlankBelongsToTheWordAfterItAndDigitsToNone() {
        assertThat(words("a line,  its  12 ms\n\n at 3"))
                .containsExactly("a", " line", ",", " ", " its", "  ", "1", "2", " ms", "\n\n", " at", " ", "3");
    }

    @Example
    void contractionsAreCutOffOnlyWhereAnApostropheBeginsAWord() {
        assertThat(words("it's we'll 'tis --'s I'D"))
                .containsExactly("it", "'s", " we", "'ll", " '", "tis", " --'", "s", " I", "'", "D");
    }

    @Example
    void anEmptyTextHasNoWords() {
        assertThat(words("")).isEmpty();
    }

    @Example
    void halvesOfPairsAreReplacementCharacters() {
        assertThat(words("a\uD83D \uDE42b \uD83D\uDE42"))
                .containsExactly("a", "\uFFFD", " \uFFFD", "b", " \uD83D\uDE42");
    }

    @Property(tries = 3000)
    void theyAreThoseOfTheExpression(@ForAll("texts") String text) {
        assertThat(words(text)).isEqualTo(PlainBpe.words(text));
        assertThat(String.join("", words(text))).isEqualTo(text);
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> any = Arbitraries.integers()
                .between(0, Character.MAX_CODE_POINT)
                .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                .map(Character::toString);
        Arbitrary<String> common = Arbitraries.of(
                " ",
                " ",
                "\n",
                "\t",
                "\r",
                "\u0085",
                "\u00A0",
                "\u2003",
                "\u3000",
                "\u001C",
                "\u200B",
                "\u180E",
                "'",
                "s",
                "t",
                "re",
                "ll",
                "d",
                "S",
                "a",
                "\u00E9",
                "\u65E5",
                "-",
                ".",
                "=",
                "1",
                "7",
                "\u00BD",
                "\u0661",
                "\u2167",
                "\uD83D\uDE42",
                "\uD835\uDC00",
                "\uD835\uDFCE",
                "\u0301");
        return Arbitraries.frequencyOf(Tuple.of(9, common), Tuple.of(1, any))
                .list()
                .ofMaxSize(24)
                .map(pieces -> String.join("", pieces));
    }

    @Example
    void everyCharacterIsOfTheKindThatTheExpressionSeesInIt() {
        IntStream.rangeClosed(0, Character.MAX_CODE_POINT)
                .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
                .filter(c -> !Character.isIdeographic(c) || c % 16 == 0) // so many, and all alike
                .filter(c -> c < 0xF_0000) // private use from there on
                .mapToObj(c -> "a%1$s1-%1$s1\n%1$s".formatted(Character.toString(c)))
                .filter(text -> !words(text).equals(PlainBpe.words(text)))
                .forEach(text -> assertThat(words(text)).isEqualTo(PlainBpe.words(text)));
    }
}
