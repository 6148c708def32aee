package io.sinkstream.stream;

/**
 * Under which name a stream's cache is kept between calls.
 *
 * @param query the run that the stream belongs to, so that two runs over equal keys never share a cache
 * @param stream the stream's key
 */
public record StreamName(String query, String stream) {}
