package io.sinkstream.rows;

/** What can be wrong with a row, in the order in which it is looked for. */
public enum RowProblem {
    /** The row is not what it was written as. */
    MALFORMED("malformed row"),
    /** No stream can be named. */
    NULL_KEY("null key"),
    /** No place in the stream can be named. */
    NULL_ORDER("null order"),
    /** There is no text, or there are no tokens, or one of them is null. */
    NULL_CONTENT("null text or tokens"),
    /** The text is over the limit. */
    TOO_LARGE("text over the limit"),
    /** The order is at or below the stream's last. */
    LATE("late"),
    /** The chat template has no place for such a text, or says so itself. */
    TEMPLATE("refused by the chat template"),
    /** A token id is outside the vocabulary. */
    BAD_TOKEN("token outside the vocabulary"),
    /** What is stored of the stream can't be gone on with. */
    BROKEN_STATE("broken state"),
    /** The model gives a number that is not finite. */
    NOT_FINITE("number not finite");

    private final String title;

    RowProblem(String title) {
        this.title = title;
    }

    /** A few words for a table. */
    public String title() {
        return title;
    }
}
