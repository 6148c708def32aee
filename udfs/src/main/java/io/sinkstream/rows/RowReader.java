package io.sinkstream.rows;

import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.rows.RowOptions.Content;
import io.sinkstream.settings.LateRows;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.Objects;

/** Gives rows their tokens, or says what is wrong with them. */
final class RowReader<R> {
    private final RowFields<R> fields;
    private final RowModel model;
    private final RowOptions options;
    private final TextTokenizer tokenizer;
    private final int[] prefix;
    private final long separatorBytes;

    RowReader(RowFields<R> fields, RowModel model, RowOptions options) {
        this.fields = fields;
        this.model = model;
        this.options = options;
        tokenizer = options.content() == Content.TEXT ? Objects.requireNonNull(model.tokenizer()) : null;
        separatorBytes = Utf8.length(options.separator());
        prefix = tokenizer == null ? Tokens.NONE : options.prompt().front(tokenizer);
    }

    /** The tokens that stand before a stream's first row and belong to it. */
    int[] prefix() {
        return prefix;
    }

    /**
     * Checks all that can be checked without the stream and the model.
     *
     * @return the bytes of text and separator in UTF-8; 0 for token ids
     * @throws BadRow if the row is malformed, key, order or content is null, or the content too large
     */
    long check(R row) throws BadRow {
        String problem = fields.problem(row);
        if (problem != null) {
            throw new BadRow(RowProblem.MALFORMED, problem);
        }
        if (fields.key(row) == null) {
            throw new BadRow(RowProblem.NULL_KEY, "the key is null");
        }
        if (fields.isOrdered() && fields.order(row) == null) {
            throw new BadRow(RowProblem.NULL_ORDER, "the order is null");
        }
        if (!fields.hasContent(row)) {
            throw new BadRow(RowProblem.NULL_CONTENT, tokenizer == null ? "the tokens are null" : "the text is null");
        }
        if (tokenizer == null) {
            return 0;
        }
        String text = fields.text(row);
        // What a chat template adds is the same for every row.
        long bytes = Utf8.length(
                        options.prompt() instanceof Prompt.Chat
                                ? text
                                : options.prompt().next(text))
                + separatorBytes;
        if (bytes > options.maxRowBytes()) {
            throw new BadRow(
                    RowProblem.TOO_LARGE,
                    "text and separator have " + bytes + " bytes, over the " + options.maxRowBytes() + " of "
                            + Settings.MAX_ROW_BYTES);
        }
        return bytes;
    }

    /**
     * The highest order of a stream's rows once this one is among them, see {@link Order#sortable}.
     *
     * @param highest of the rows before; null if there are none, or rows have no order
     * @throws BadRow if the row is late, and late rows are not scored
     */
    byte[] order(R row, byte[] highest) throws BadRow {
        Order order = fields.isOrdered() ? fields.order(row) : null;
        boolean isLate = order != null && order.isAtOrBelow(highest);
        if (isLate && options.late() != LateRows.SCORE) {
            throw new BadRow(RowProblem.LATE, "late: the order " + order + " is not above the stream's last");
        }
        return order == null || isLate ? highest : order.sortable();
    }

    /**
     * The tokens of a row that {@link #check} found good, without the {@link #prefix}.
     *
     * @param begins whether a stream begins with it
     * @throws BadRow if one is null or outside the vocabulary, or the prompt refuses the text
     */
    int[] tokens(R row, boolean begins) throws BadRow {
        int[] tokens = tokenizer == null ? fields.tokens(row) : encoded(prompt(fields.text(row), begins));
        String problem = model.problem(tokens).orElse(null);
        if (problem != null) {
            throw new BadRow(RowProblem.BAD_TOKEN, problem);
        }
        return tokens;
    }

    private String prompt(String text, boolean begins) throws BadRow {
        try {
            return begins ? options.prompt().first(text) : options.prompt().next(text);
        } catch (UserException e) {
            throw new BadRow(RowProblem.TEMPLATE, e.getMessage());
        }
    }

    private int[] encoded(String text) throws BadRow {
        try {
            return tokenizer.encode(text + options.separator());
        } catch (UserException e) {
            // Some tokenizers have no token for some characters.
            throw new BadRow(RowProblem.BAD_TOKEN, e.getMessage());
        }
    }
}
