/**
 * The decoder: {@link io.sinkstream.decoder.DecoderSpec} says what a model is, {@link io.sinkstream.decoder.Decoder} runs
 * chunks of many streams through it in one pass.
 */
package io.sinkstream.decoder;
