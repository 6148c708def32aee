package io.sinkstream.rows;

/** Types of a result column's values, and what holds them in Java. */
public enum ColumnType {
    /** An Integer. */
    INT,
    /** A Long. */
    LONG,
    /** A Double. */
    DOUBLE,
    /** A String. */
    TEXT,
    /** An Integer[] without nulls. */
    INTS,
    /** A Double[], which may have nulls. */
    DOUBLES,
    /** An Integer[], which may have nulls. */
    RANKS,
    /** A {@link TokenLogprob}[][], which may have nulls in the place of inner arrays. */
    LOGPROBS
}
