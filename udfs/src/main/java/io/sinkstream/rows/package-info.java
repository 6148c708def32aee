/**
 * Keyed rows into numbers and continuations: rows in, results out, with streams' states from wherever they are kept. Knows no
 * Spark; a caller says what a row is by {@link io.sinkstream.rows.RowFields} and where states are by {@link
 * io.sinkstream.rows.StreamStates}.
 */
package io.sinkstream.rows;
