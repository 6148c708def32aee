package io.sinkstream.rows;

/**
 * A row and what became of it.
 *
 * @param row the caller's row
 * @param outcome its numbers, or what is wrong with it
 * @param isDropped whether it is late and does not come out, but is only counted
 * @param caches what became of its stream's cache
 * @param end its stream's end, if it is the last of a stream and {@link KeptStream#end} told one; else null
 * @param <R> a row
 */
public record RowResult<R>(R row, RowOutcome outcome, boolean isDropped, CacheUse caches, StreamEnd end) {}
