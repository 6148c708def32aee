package io.sinkstream.dialogue;

import io.sinkstream.settings.DialogueSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Which words are words. A model that has lost its language writes others, or none; how many of a good answer's are known depends
 * on the list, so shares are for comparing turns.
 */
public final class KnownWords {
    /** Letters, with an apostrophe within. */
    private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}]+(?:['\u2019][\\p{L}\\p{M}]+)*");

    private final Set<String> words = new HashSet<>();

    private KnownWords() {}

    /** Those of some texts. */
    public static KnownWords of(List<String> texts) {
        KnownWords known = new KnownWords();
        for (String text : texts) {
            known.words.addAll(words(text));
        }
        return known;
    }

    /**
     * Those of a text file.
     *
     * @throws UserException if it can't be read, or has none
     */
    public static KnownWords read(Path file) {
        try {
            KnownWords known = of(List.of(Files.readString(file)));
            if (known.words.isEmpty()) {
                throw new UserException(DialogueSettings.WORD_LIST + ": " + file + " has no word");
            }
            return known;
        } catch (IOException e) {
            throw new UserException(DialogueSettings.WORD_LIST + ": " + file + " can't be read: " + e, e);
        }
    }

    private static List<String> words(String text) {
        return WORD.matcher(text)
                .results()
                .map(MatchResult::group)
                .map(word -> word.toLowerCase(Locale.ROOT).replace('\u2019', '\''))
                .toList();
    }

    /** How many words a text has, and how many of them are known. */
    Count count(String text) {
        List<String> all = words(text);
        return new Count(all.size(), (int) all.stream().filter(words::contains).count());
    }

    /**
     * Words of a text.
     *
     * @param all how many there are
     * @param known how many are known
     */
    record Count(int all, int known) {
        /** NaN if there are none. */
        double share() {
            return all == 0 ? Double.NaN : (double) known / all;
        }
    }
}
