/** What is kept of streams between runs: their tokens in Spark's state store, and as tables that can be shown and moved. */
package io.sinkstream.state;
