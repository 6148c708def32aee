package io.sinkstream.sampling;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The tokens that {@link Bans} rule out at one place. */
final class BannedTokens {
    private final Set<Integer> ends;
    private final List<int[]> pieces;
    private final Set<Integer> banned = new HashSet<>();

    private BannedTokens(Set<Integer> ends, List<int[]> pieces) {
        this.ends = ends;
        this.pieces = pieces;
    }

    /**
     * The tokens that can't come.
     *
     * @param ends end-of-sequence tokens
     * @param pieces what was seen, as {@link SeenTokens#pieces} has it
     * @param drawn how many tokens the continuation has
     */
    static Set<Integer> of(Bans bans, Set<Integer> ends, List<int[]> pieces, int drawn) {
        BannedTokens all = new BannedTokens(ends, pieces);
        if (bans.noRepeatNgramSize() > 0) {
            all.repeated(bans.noRepeatNgramSize());
        }
        bans.badWords().forEach(all::badWord);
        if (drawn < bans.minNewTokens()) {
            all.banned.addAll(ends);
        }
        all.banned.addAll(bans.suppressed());
        return all.banned;
    }

    /** What has followed the last size - 1 tokens before. */
    private void repeated(int size) {
        int[] last = pieces.get(pieces.size() - 1);
        if (last.length < size - 1) {
            return;
        }
        int[] start = Arrays.copyOfRange(last, last.length - (size - 1), last.length);
        for (int[] piece : pieces) {
            for (int i = 0; i + size <= piece.length; i++) {
                if (Arrays.equals(piece, i, i + size - 1, start, 0, size - 1)) {
                    banned.add(piece[i + size - 1]);
                }
            }
        }
    }

    private void badWord(List<Integer> word) {
        int before = word.size() - 1;
        int next = word.get(before);
        int[] last = pieces.get(pieces.size() - 1);
        // transformers asks for as many tokens before as the whole word has.
        boolean isDue = before == 0 ? !ends.contains(next) : last.length > before && isStart(word, last);
        if (isDue) {
            banned.add(next);
        }
    }

    private static boolean isStart(List<Integer> word, int[] last) {
        int before = word.size() - 1;
        for (int i = 0; i < before; i++) {
            if (word.get(i) != last[last.length - before + i]) {
                return false;
            }
        }
        return true;
    }
}
