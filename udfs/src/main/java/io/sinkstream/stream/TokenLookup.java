package io.sinkstream.stream;

/**
 * The tokens that a stream's cache holds, looked up by what they follow: where the last ones came before, what came then is likely
 * to come again (prompt lookup decoding, Saxena 2023). Each pair of tokens leads to the places where it came before, the last one first,
 * as in LZ77.
 */
final class TokenLookup {
    /** Places that are looked at. */
    private static final int MOST_PLACES = 16;

    /** Two places that agree in so many tokens before are alike. */
    private static final int LONGEST = 16;

    /** How many tokens a place must agree in. */
    private static final int SHORTEST = 2;

    private final int most;
    private final int mask;
    private final int[] tokens;
    /** Of each token the place behind an earlier pair that hashes alike; 0 for none. */
    private final long[] earlier;
    /** By a pair's hash the place behind its last. */
    private final long[] last;

    private long end;

    /** One that knows the last {@code most} tokens it was given. */
    TokenLookup(int most) {
        this.most = most;
        int size = Integer.highestOneBit(Math.max(SHORTEST, most - 1)) * 2;
        this.mask = size - 1;
        this.tokens = new int[size];
        this.earlier = new long[size];
        this.last = new long[size];
    }

    void add(int token) {
        tokens[place(end)] = token;
        end++;
        if (end >= 2) {
            int pair = ((31 * tokens[place(end - 2)] + token) * 0x9E3779B9) >>> Integer.numberOfLeadingZeros(mask);
            earlier[place(end - 1)] = last[pair];
            last[pair] = end;
        }
    }

    private int place(long index) {
        return (int) (index & mask);
    }

    /** So many tokens that may come next, as they came where most of the last ones came before; none if they did not. */
    int[] next(int count) {
        long first = Math.max(0, end - most);
        long best = 0;
        int longest = SHORTEST - 1;
        long place = end < SHORTEST ? 0 : earlier[place(end - 1)];
        for (int i = 0; i < MOST_PLACES && place > first && longest < LONGEST; i++) {
            int length = agreement(place, (int) Math.min(LONGEST, place - first));
            if (length > longest) {
                longest = length;
                best = place;
            }
            place = earlier[place(place - 1)];
        }
        if (best == 0) {
            return new int[0];
        }
        int[] found = new int[count];
        long behind = end - best;
        for (int i = 0; i < count; i++) {
            // What repeats itself goes on repeating.
            found[i] = i < behind ? tokens[place(best + i)] : found[(int) (i - behind)];
        }
        return found;
    }

    /** How many tokens before {@code place} are those before the end, of at most so many. */
    private int agreement(long place, int count) {
        int length = 0;
        while (length < count && tokens[place(place - 1 - length)] == tokens[place(end - 1 - length)]) {
            length++;
        }
        return length;
    }
}
