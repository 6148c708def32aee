package io.sinkstream.dialogue;

import io.sinkstream.stream.Continuation;
import io.sinkstream.stream.StreamState;

/**
 * What became of a stream.
 *
 * @param state behind the answer
 * @param promptPerplexity of the prompt's tokens; NaN if none was predicted
 * @param answer its tokens and text; without a finish if it was given up before its first token
 */
record Spoken(StreamState state, double promptPerplexity, Continuation answer) {}
