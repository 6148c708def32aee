package io.sinkstream.settings;

/** How a table is printed. */
public enum TableFormat {
    /** In columns, for people. */
    TEXT,
    /** In Markdown. */
    MARKDOWN,
    /** Names and values, separated by commas. */
    CSV,
    /** An array of an object a row. */
    JSON
}
