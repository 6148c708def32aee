/**
 * A checkpoint as a model of DJL's: what loads it there ({@code Criteria}, DJL's Spark extension, DJL Serving) finds by {@code
 * serving.properties} how it is made a block, and what its inputs and outputs are.
 *
 * @see io.sinkstream.djl.ServingProperties
 */
package io.sinkstream.djl;
