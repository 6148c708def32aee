package io.sinkstream.batch;

import io.sinkstream.batch.RowLayout.BadRow;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import io.sinkstream.stream.StreamModel;
import org.apache.spark.sql.Row;

/** Gives rows their tokens, or says what is wrong with them. */
public final class RowReader {
    private final StreamModel model;
    private final ScoringOptions options;
    private final RowLayout layout;
    private final TextTokenizer tokenizer;
    private final int[] prefix;

    /** A reader of rows that lie as {@code layout} says. */
    public RowReader(StreamModel model, ScoringOptions options, RowLayout layout) {
        this.model = model;
        this.options = options;
        this.layout = layout;
        tokenizer = options.columns().tokens() == null ? model.tokenizer().orElseThrow() : null;
        prefix = tokenizer == null ? new int[0] : tokenizer.prefix();
    }

    /** The tokens that stand before a stream's first row and belong to it. */
    int[] prefix() {
        return prefix;
    }

    /** Whether rows have texts, and not token ids. */
    public boolean readsText() {
        return tokenizer != null;
    }

    /**
     * Checks all that can be checked without reading the content.
     *
     * @return the bytes of text and separator in UTF-8; 0 for token ids
     * @throws BadRow if key, order or content is null, or the content too large
     */
    public long check(Row row) throws BadRow {
        if (layout.key(row) == null) {
            throw new BadRow(RowProblem.NULL_KEY, "the key is null");
        }
        if (layout.lacksOrder(row)) {
            throw new BadRow(RowProblem.NULL_ORDER, "the order is null");
        }
        if (layout.lacksContent(row)) {
            throw new BadRow(RowProblem.NULL_CONTENT, tokenizer == null ? "the tokens are null" : "the text is null");
        }
        if (tokenizer == null) {
            return 0;
        }
        long bytes = Utf8.length(layout.text(row)) + Utf8.length(options.separator());
        if (bytes > options.maxRowBytes()) {
            throw new BadRow(
                    RowProblem.TOO_LARGE,
                    "text and separator have " + bytes + " bytes, over the " + options.maxRowBytes() + " of "
                            + Settings.MAX_ROW_BYTES);
        }
        return bytes;
    }

    /** What a row is whose order is at or below its stream's last. */
    public static BadRow late(Object order) {
        return new BadRow(RowProblem.LATE, "late: the order " + Orders.text(order) + " is not above the stream's last");
    }

    /**
     * The tokens of a row that {@link #check} found good.
     *
     * @param begins whether it is its stream's first
     * @throws BadRow if one is outside the vocabulary
     */
    public int[] tokens(Row row, boolean begins) throws BadRow {
        int[] tokens = tokenizer == null ? layout.tokens(row) : encode(layout.text(row));
        String problem = model.problem(tokens).orElse(null);
        if (problem != null) {
            throw new BadRow(RowProblem.BAD_TOKEN, problem);
        }
        if (!begins || prefix.length == 0) {
            return tokens;
        }
        int[] all = new int[prefix.length + tokens.length];
        System.arraycopy(prefix, 0, all, 0, prefix.length);
        System.arraycopy(tokens, 0, all, prefix.length, tokens.length);
        return all;
    }

    private int[] encode(String text) throws BadRow {
        try {
            return tokenizer.encode(text + options.separator());
        } catch (UserException e) {
            // Some tokenizers have no token for some characters.
            throw new BadRow(RowProblem.BAD_TOKEN, e.getMessage());
        }
    }
}
