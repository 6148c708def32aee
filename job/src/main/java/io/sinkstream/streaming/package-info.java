/** Keyed streams without end: one stateful operator of Structured Streaming, and the pipelines around it. */
package io.sinkstream.streaming;
