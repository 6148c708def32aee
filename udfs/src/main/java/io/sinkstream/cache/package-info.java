/**
 * What a stream's cache holds and where: {@link io.sinkstream.cache.SinkWindow} is the rule, {@link
 * io.sinkstream.cache.KeyValueCache} the tensors, {@link io.sinkstream.cache.CachePool} who keeps how many of them.
 */
package io.sinkstream.cache;
