package io.sinkstream.decoder;

/**
 * What this machine reaches.
 *
 * @param flops a second, in a large product of the number type that chunks are computed in
 * @param bytes a second, in reading memory from end to end
 */
public record MachineRates(double flops, double bytes) {}
