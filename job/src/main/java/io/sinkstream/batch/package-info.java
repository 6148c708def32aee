/** Keyed batch pipelines over Spark's data frames: every row in, every row out, in the order of its stream. */
package io.sinkstream.batch;
