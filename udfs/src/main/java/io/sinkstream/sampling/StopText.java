package io.sinkstream.sampling;

import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.checkpoint.TokenText;
import java.util.Arrays;
import java.util.List;

/**
 * A continuation's text as it comes, up to a stop text. What could be the beginning of one is held back until it is known
 * not to be. Not safe for several threads.
 */
public final class StopText {
    private final List<String> stops;
    private final TokenText tokens;
    private final StringBuilder text = new StringBuilder();
    private final int longest;
    /** Where the continuation begins: what stands before it may be the first part of a stop text. */
    private final int start;

    private int given;
    private boolean isStopped;

    /**
     * Nothing yet.
     *
     * @param stops none of them empty
     * @param before the tokens before the continuation
     * @param goesOn how many of those belong to a text that the continuation goes on with
     */
    public StopText(List<String> stops, TextTokenizer tokenizer, int[] before, int goesOn) {
        this.stops = stops;
        this.tokens = new TokenText(tokenizer, before);
        this.longest = stops.stream().mapToInt(String::length).max().orElse(1);
        if (goesOn > 0) {
            String last =
                    tokenizer.decode(Arrays.copyOfRange(before, Math.max(0, before.length - goesOn), before.length));
            text.append(last, Math.max(0, last.length() - (longest - 1)), last.length());
        }
        this.start = text.length();
        this.given = start;
    }

    /** Takes a token, and returns what text is certain now and was not given out before. */
    public String add(int token) {
        int from = Math.max(0, text.length() - (longest - 1));
        text.append(tokens.add(token));
        String open = tokens.uncertain();
        text.append(open);
        int stop = first(from);
        if (stop >= 0) {
            isStopped = true;
            text.setLength(Math.max(stop, start));
            return release(text.length());
        }
        text.setLength(text.length() - open.length());
        return release(text.length() - held());
    }

    /** Whether a stop text has come. */
    public boolean isStopped() {
        return isStopped;
    }

    /** The rest, once no more tokens come. */
    public String end() {
        if (!isStopped) {
            text.append(tokens.end());
        }
        return release(text.length());
    }

    /** All that was certain so far, held back or not. */
    public String text() {
        return text.substring(start);
    }

    private String release(int end) {
        String piece = end > given ? text.substring(given, end) : "";
        given = Math.max(given, end);
        return piece;
    }

    private int first(int from) {
        int first = -1;
        for (String stop : stops) {
            // One that ends before the continuation has ended another one.
            int at = text.indexOf(stop, Math.max(from, start - stop.length() + 1));
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        return first;
    }

    /** How many of the last chars may be the beginning of a stop text. */
    private int held() {
        for (int length = Math.min(longest - 1, text.length()); length > 0; length--) {
            String last = text.substring(text.length() - length);
            if (stops.stream().anyMatch(stop -> stop.length() > last.length() && stop.startsWith(last))) {
                return length;
            }
        }
        return 0;
    }
}
