package io.sinkstream.benchmark;

import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Pieces of texts, all of the same length. */
public final class Excerpts {
    private Excerpts() {}

    /**
     * Pieces spread evenly over all texts.
     *
     * @param texts token ids, each with what the tokenizer puts in front of a text
     * @param tokens of each piece
     * @param most how many at most
     * @param prefix what stands in front of a piece from further back, too
     * @throws UserException if no text is long enough for one
     */
    public static List<int[]> of(List<int[]> texts, int tokens, int most, int[] prefix) {
        if (prefix.length >= tokens) {
            throw new UserException(ExperimentSettings.EXCERPT_TOKENS + ": " + tokens + " leaves nothing beside the "
                    + prefix.length + " tokens that the tokenizer puts in front of a text");
        }
        List<int[]> all = new ArrayList<>();
        for (int[] text : texts) {
            int own = tokens - prefix.length;
            for (int from = prefix.length; from + own <= text.length; from += own) {
                int[] excerpt = Arrays.copyOf(prefix, tokens);
                System.arraycopy(text, from, excerpt, prefix.length, own);
                all.add(excerpt);
            }
        }
        if (all.isEmpty()) {
            throw new UserException(ExperimentSettings.EXCERPT_TOKENS + ": no text has " + tokens
                    + " tokens; give a longer one, or less");
        }
        int count = Math.min(most, all.size());
        List<int[]> spread = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            spread.add(all.get((int) ((long) i * all.size() / count)));
        }
        return spread;
    }
}
