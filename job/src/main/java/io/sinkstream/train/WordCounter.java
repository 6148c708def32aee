package io.sinkstream.train;

import java.util.HashMap;
import java.util.Map;

/**
 * How often each word comes in texts: all that {@link BpeTrainer} has to know of them. Parts of the texts may be counted
 * apart, on any machine, and what comes out added up. Not safe for many threads.
 */
final class WordCounter {
    private final Map<String, Long> counts = new HashMap<>();

    /** Counts the words of a text. */
    void add(String text) {
        add(text, 1);
    }

    /** Counts the words of a text that comes so many times. */
    void add(String text, long times) {
        checkCount(times);
        Words.forEach(text, word -> addWord(word, times));
    }

    /** Adds what another counter gave. */
    void addCounts(Map<String, Long> others) {
        others.forEach((word, times) -> {
            checkCount(times);
            addWord(word, times);
        });
    }

    /** A new map, serializable, of every word that came to how often it did. */
    Map<String, Long> counts() {
        return new HashMap<>(counts);
    }

    private void addWord(String word, long times) {
        counts.merge(word, times, Math::addExact);
    }

    private static void checkCount(long times) {
        if (times < 1) {
            throw new IllegalArgumentException("a count of " + times + "; expected at least 1");
        }
    }
}
