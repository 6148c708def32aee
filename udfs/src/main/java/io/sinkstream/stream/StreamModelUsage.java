package io.sinkstream.stream;

import io.sinkstream.cache.CachePool;

/**
 * What a model has done since it was loaded.
 *
 * @param passes through the decoder
 * @param streams in each of them, summed over all
 * @param tokens run in them, those run again included
 * @param rebuiltTokens run again because a stream's cache was not there
 * @param caches what the cache pool has done and holds
 */
public record StreamModelUsage(long passes, long streams, long tokens, long rebuiltTokens, CachePool.Usage caches) {}
