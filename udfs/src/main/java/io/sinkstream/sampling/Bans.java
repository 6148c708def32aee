package io.sinkstream.sampling;

import java.io.Serializable;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which tokens can't come next. Names, meaning and order are those of transformers.
 *
 * @param noRepeatNgramSize no sequence of so many tokens comes twice among those that the cache holds; 0 for no such ban
 * @param badWords sequences of tokens that never come; one that is an end-of-sequence token alone is no ban
 * @param minNewTokens no end-of-sequence token comes before so many others
 * @param suppressed tokens that never come
 */
public record Bans(int noRepeatNgramSize, List<List<Integer>> badWords, int minNewTokens, Set<Integer> suppressed)
        implements Serializable {
    /** Bans nothing. */
    public static final Bans NONE = new Bans(0, List.of(), 0, Set.of());

    /** Keeps copies. */
    public Bans {
        badWords = badWords.stream().map(List::copyOf).toList();
        if (badWords.contains(List.<Integer>of())) {
            throw new IllegalArgumentException("an empty sequence of tokens can't be banned");
        }
        suppressed = Set.copyOf(suppressed);
    }

    /** The same with another number of tokens before an end-of-sequence token. */
    public Bans withMinNewTokens(int tokens) {
        return new Bans(noRepeatNgramSize, badWords, tokens, suppressed);
    }

    boolean isNone() {
        return equals(NONE);
    }

    boolean lookBack() {
        return noRepeatNgramSize > 0 || badWords.stream().anyMatch(word -> word.size() > 1);
    }

    Stream<Integer> tokens() {
        return Stream.concat(badWords.stream().flatMap(List::stream), suppressed.stream());
    }
}
