/**
 * Streams of tokens through one model: {@link io.sinkstream.stream.StreamModel#advance} takes many streams' states and
 * new tokens to their new states and numbers.
 */
package io.sinkstream.stream;
