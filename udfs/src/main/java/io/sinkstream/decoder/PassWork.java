package io.sinkstream.decoder;

/**
 * What a pass over full caches has to do, whatever program does it.
 *
 * @param flops multiplications and additions of its products: linear layers, queries by keys, weights by values
 * @param bytes weights and caches, read once each
 */
public record PassWork(double flops, double bytes) {}
