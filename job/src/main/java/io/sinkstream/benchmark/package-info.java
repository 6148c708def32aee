/** Measurements: how fast a model runs here, and how near that is to what the machine can do. */
package io.sinkstream.benchmark;
