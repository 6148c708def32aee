/**
 * How a continuation's tokens are chosen: {@link io.sinkstream.sampling.Sampling} says how, with the names, meaning and order
 * of Hugging Face's GenerationConfig; {@link io.sinkstream.sampling.TokenSampler} does it for one stream.
 */
package io.sinkstream.sampling;
