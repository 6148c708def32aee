package io.sinkstream.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.testing.Shared;
import io.sinkstream.testing.TinyModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text that comes token by token, against the text of all tokens. */
class TokenTextTest {
    private static final String MIXED =
            "A heart \u2764\uFE0F, 你好,世界 \uD83D\uDE00\uD83D\uDE01 and  two spaces\n\tna\u00EFve\n";

    @TempDir
    private Path folder;

    /** A tokenizer of bytes, one that falls back to bytes, and a byte-level one. */
    private TextTokenizer tokenizer(String name) {
        Path model =
                switch (name) {
                    case "stories260K" -> Shared.require("models/stories260K");
                    case "builtin" -> ModelLocation.resolve("builtin", Map.of("HOME", folder.toString()));
                    default ->
                        TinyModels.of(TinyModels.Shape.llama())
                                .tokenizer(TinyModels.Prefix.BOS)
                                .write(folder);
                };
        return TextTokenizer.open(model.resolve("tokenizer.json"));
    }

    private static List<String> pieces(TextTokenizer tokenizer, int[] before, int[] tokens) {
        TokenText text = new TokenText(tokenizer, before);
        List<String> pieces = new ArrayList<>();
        for (int token : tokens) {
            pieces.add(text.add(token));
        }
        pieces.add(text.end());
        return pieces;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes", "stories260K", "builtin"})
    void piecesOfAnyTokensJoinedAreTheirText(String name) {
        Random random = new Random(3);
        try (TextTokenizer tokenizer = tokenizer(name)) {
            int[] mixed = tokenizer.encode(MIXED);
            for (int round = 0; round < 300; round++) {
                // Any tokens, and characters that are cut and joined anyhow.
                int[] tokens = random.ints(1 + random.nextInt(120), 0, round % 2 == 0 ? 259 : mixed.length)
                        .toArray();
                if (round % 2 == 1) {
                    int start = tokens[0];
                    tokens = Arrays.copyOfRange(mixed, start, Math.min(mixed.length, start + tokens.length));
                    if (tokens.length > 3 && round % 4 == 1) {
                        tokens[random.nextInt(tokens.length)] = mixed[random.nextInt(mixed.length)];
                    }
                }
                assertThat(String.join("", pieces(tokenizer, new int[0], tokens)))
                        .as("%s", Arrays.toString(tokens))
                        .isEqualTo(tokenizer.decode(tokens));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes", "stories260K", "builtin"})
    void noPieceHasAPartOfACharacter(String name) {
        try (TextTokenizer tokenizer = tokenizer(name)) {
            int[] tokens = tokenizer.encode(MIXED.repeat(5));
            List<String> pieces = pieces(tokenizer, tokenizer.encode("x"), tokens);

            assertThat(pieces).allSatisfy(piece -> {
                assertThat(piece).doesNotContain("\uFFFD");
                if (!piece.isEmpty()) {
                    assertThat(Character.isLowSurrogate(piece.charAt(0))).isFalse();
                    assertThat(Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
                            .isFalse();
                }
            });
            // A tokenizer whose every token is a byte writes one run of them.
            if (!name.equals("bytes")) {
                assertThat(pieces.stream().filter(piece -> !piece.isEmpty())).hasSizeGreaterThan(tokens.length / 4);
            }
            assertThat(String.join("", pieces)).endsWith("na\u00EFve\n").contains("你好,世界 \uD83D\uDE00\uD83D\uDE01 and");
        }
    }

    /** Its tokenizer drops the space of a text's first token, and keeps that of a later one. */
    @Test
    void aContinuationBeginsWithItsSpace() {
        try (TextTokenizer tokenizer = tokenizer("stories260K")) {
            int[] all = tokenizer.encode("Once upon a time");
            int[] first = Arrays.copyOf(all, 3);
            int[] rest = Arrays.copyOfRange(all, 3, all.length);

            String start = String.join("", pieces(tokenizer, new int[0], first));
            assertThat(start + String.join("", pieces(tokenizer, first, rest))).isEqualTo("Once upon a time");
        }
    }

    @Test
    void aCharacterThatTheContextBeganIsWhole() {
        try (TextTokenizer tokenizer = tokenizer("bytes")) {
            int[] face = tokenizer.encode("\uD83D\uDE00!");

            List<String> pieces = pieces(tokenizer, Arrays.copyOf(face, 2), Arrays.copyOfRange(face, 2, face.length));
            assertThat(String.join("", pieces)).isEqualTo("\uD83D\uDE00!");
        }
    }

    @Test
    void whatMayStillChangeIsKnown() {
        try (TextTokenizer tokenizer = tokenizer("stories260K")) {
            // A newline is a byte to it, and a byte after it might turn it into U+FFFD.
            int[] tokens = tokenizer.encode("a\nb");
            TokenText text = new TokenText(tokenizer, new int[0]);
            List<String> seen = new ArrayList<>();
            for (int token : tokens) {
                seen.add(text.add(token) + "|" + text.uncertain());
            }
            assertThat(seen).endsWith("|\n", "\nb|");
        }
    }
}
