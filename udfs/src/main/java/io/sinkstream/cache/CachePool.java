package io.sinkstream.cache;

import ai.djl.ndarray.NDManager;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;

/**
 * The caches of many streams within one budget of native bytes.
 *
 * <p>A cache is either held by one caller or idle. {@link #take} hands an idle one out as it is only if its epoch (position
 * and hash) is the one asked for; otherwise the caller gets an empty cache and rebuilds it from the stream's tokens. So a
 * cache is never more than a cache: losing one, by eviction or otherwise, costs time and changes no number.
 *
 * <p>A held cache counts with the bytes that its stream will need at the end of the call, an idle one with what it has.
 * Room is made by closing the idle cache that was used least recently. If the held ones alone fill the budget, {@link
 * #take} gives nothing and the caller waits until one is given back; only a caller who would be alone is served beyond
 * the budget, since it could wait for ever. A stream that is asked for while somebody holds its cache gets another,
 * empty one; the first of the two that comes back is kept.
 *
 * <p>Safe for many threads.
 *
 * @param <K> what names a stream
 */
public final class CachePool<K> implements AutoCloseable {
    private final NDManager manager;
    private final CacheShape shape;
    private final Cells cells;
    private final long budget;
    /** In the order of use, the least recent first. */
    private final LinkedHashMap<K, KeyValueCache> idle = new LinkedHashMap<>();

    private final IdentityHashMap<KeyValueCache, Lease<K>> held = new IdentityHashMap<>();
    private long idleBytes;
    private long heldBytes;
    private long hits;
    private long misses;
    private long evictions;
    private boolean closed;

    private record Lease<K>(K key, long bytes) {}

    /** What a pool has done and holds. Bytes are native ones. */
    public record Usage(long hits, long misses, long evictions, long heldBytes, long idleBytes, int held, int idle) {}

    /**
     * A pool whose caches are children of {@code manager} and have {@code shape}, in tensors that {@code cells} makes.
     *
     * @param budget in bytes
     */
    public CachePool(NDManager manager, CacheShape shape, Cells cells, long budget) {
        this.manager = manager;
        this.shape = shape;
        this.cells = cells;
        this.budget = budget;
    }

    /**
     * Hands out the stream's cache if it holds exactly the tokens up to {@code end} that led to {@code hash}, or else an
     * empty one (its {@link KeyValueCache#end} is 0), to be given back by {@link #give} or {@link #discard}.
     *
     * @param key the stream; null if it has no name, and so no cache from before nor after
     * @param tokens how many tokens the stream will have at the end of the call
     * @return null if there is no room until another cache is given back
     */
    public synchronized KeyValueCache take(K key, long end, long hash, long tokens) {
        if (closed) {
            throw new IllegalStateException("the cache pool is closed");
        }
        KeyValueCache mine = key == null ? null : idle.get(key);
        boolean valid = mine != null && mine.end() == end && mine.hash() == hash;
        long bytes = Math.max(shape.bytesFor(tokens), mine == null ? 0 : mine.bytes());
        if (heldBytes + bytes > budget && !held.isEmpty()) {
            // Not even without the idle ones, so they stay.
            return null;
        }
        if (mine != null) {
            idle.remove(key);
            idleBytes -= mine.bytes();
        }
        evictFor(bytes);
        if (valid) {
            hits++;
        } else {
            // A stream that begins has nothing to miss.
            misses += end > 0 ? 1 : 0;
            if (mine == null) {
                mine = new KeyValueCache(manager, shape, cells);
            } else {
                mine.clear();
            }
        }
        mine.lease(tokens);
        held.put(mine, new Lease<>(key, bytes));
        heldBytes += bytes;
        return mine;
    }

    /** Whether {@link #take} would hand out the stream's cache as it is, and not an empty one. */
    public synchronized boolean holds(K key, long end, long hash) {
        KeyValueCache mine = key == null ? null : idle.get(key);
        return mine != null && mine.end() == end && mine.hash() == hash;
    }

    private void evictFor(long bytes) {
        Iterator<KeyValueCache> leastRecent = idle.values().iterator();
        while (heldBytes + idleBytes + bytes > budget && leastRecent.hasNext()) {
            KeyValueCache victim = leastRecent.next();
            leastRecent.remove();
            idleBytes -= victim.bytes();
            victim.close();
            evictions++;
        }
    }

    /** Takes a cache back, valid up to its own epoch, and keeps it if its stream has a name and there is room. */
    public synchronized void give(KeyValueCache cache) {
        Lease<K> lease = release(cache);
        if (closed || lease.key() == null || idle.containsKey(lease.key()) || heldBytes + cache.bytes() > budget) {
            cache.close();
            return;
        }
        evictFor(cache.bytes());
        idle.put(lease.key(), cache);
        idleBytes += cache.bytes();
    }

    /** Takes a cache back whose content is not to be trusted, and frees it. */
    public synchronized void discard(KeyValueCache cache) {
        release(cache);
        cache.close();
    }

    private Lease<K> release(KeyValueCache cache) {
        Lease<K> lease = held.remove(cache);
        if (lease == null) {
            throw new IllegalStateException("the cache is not held");
        }
        heldBytes -= lease.bytes();
        return lease;
    }

    /** Frees the stream's cache: at once if it is idle, else when it is given back. */
    public synchronized void forget(K key) {
        KeyValueCache mine = idle.remove(key);
        if (mine != null) {
            idleBytes -= mine.bytes();
            mine.close();
        }
        held.replaceAll((cache, lease) -> key.equals(lease.key()) ? new Lease<>(null, lease.bytes()) : lease);
    }

    /** What the pool has done and holds now. */
    public synchronized Usage usage() {
        return new Usage(hits, misses, evictions, heldBytes, idleBytes, held.size(), idle.size());
    }

    /** Frees the idle caches; the held ones are freed as they are given back. */
    @Override
    public synchronized void close() {
        closed = true;
        idle.values().forEach(KeyValueCache::close);
        idle.clear();
        idleBytes = 0;
    }
}
