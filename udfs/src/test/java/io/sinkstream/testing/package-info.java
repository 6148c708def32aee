/**
 * What the tests hold the product against: a plain reference decoder, random tiny checkpoints for it, and the recorded
 * numbers of the reference systems. Nothing here uses the product or DJL, so that a mistake there cannot hide here.
 *
 * @see io.sinkstream.testing.PlainDecoder
 */
package io.sinkstream.testing;
