package io.sinkstream.stream;

import io.sinkstream.cache.SinkWindow;
import io.sinkstream.checkpoint.TextTokenizer;
import java.util.Set;

/**
 * What all jobs of a model have in common.
 *
 * @param rule S and R
 * @param ends end-of-sequence tokens
 * @param tokenizer null if the model has none
 */
record JobTerms(SinkWindow rule, Set<Integer> ends, TextTokenizer tokenizer) {}
