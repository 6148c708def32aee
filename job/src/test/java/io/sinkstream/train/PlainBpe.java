package io.sinkstream.train;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Byte-level BPE by the letter and slowly: the expression for words, and of all pairs of a word the best one first. */
final class PlainBpe {
    private static final Pattern DIGITS = Pattern.compile("\\p{N}|\\P{N}+");

    /** GPT-2's; white space is Unicode's. */
    private static final Pattern WORDS = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);

    private final Map<BpeTokenizer.Merge, Integer> ranks = new HashMap<>();
    private final Map<String, Integer> ids = new HashMap<>();

    PlainBpe(BpeTokenizer tokenizer) {
        tokenizer.merges().forEach(merge -> ranks.put(merge, ranks.size()));
        tokenizer.tokens().forEach(token -> ids.put(token, ids.size()));
    }

    static List<String> words(String text) {
        return matches(DIGITS, text).stream()
                .flatMap(piece -> matches(WORDS, piece).stream())
                .toList();
    }

    private static List<String> matches(Pattern pattern, String text) {
        List<String> found = new ArrayList<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group());
        }
        return found;
    }

    int[] encode(String text) {
        return words(text).stream()
                .flatMap(word -> tokens(word).stream())
                .mapToInt(ids::get)
                .toArray();
    }

    private List<String> tokens(String word) {
        List<String> tokens = new ArrayList<>();
        for (byte value : word.getBytes(StandardCharsets.UTF_8)) {
            tokens.add(Character.toString(ByteAlphabet.symbol(Byte.toUnsignedInt(value))));
        }
        while (true) {
            int best = -1;
            int bestRank = Integer.MAX_VALUE;
            for (int i = 0; i + 1 < tokens.size(); i++) {
                Integer rank = ranks.get(new BpeTokenizer.Merge(tokens.get(i), tokens.get(i + 1)));
                if (rank != null && rank < bestRank) {
                    best = i;
                    bestRank = rank;
                }
            }
            if (best < 0) {
                return tokens;
            }
            tokens.set(best, tokens.get(best) + tokens.remove(best + 1));
        }
    }
}
