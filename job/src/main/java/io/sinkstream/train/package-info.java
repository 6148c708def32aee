/**
 * Pre-training of small decoders of the Llama layout, with a sink of their own or without one (Xiao et al. 2023, arXiv
 * 2309.17453, section 3.3).
 */
package io.sinkstream.train;
