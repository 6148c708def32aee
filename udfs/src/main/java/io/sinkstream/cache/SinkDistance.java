package io.sinkstream.cache;

/** Where the sinks stand for a query that has left them behind. */
public enum SinkDistance {
    /** The rule of StreamingLLM: positions count inside the cache, so no sink is further away than S + R. */
    BOUNDED,
    /** Where they stand in the text, further away with each token: what the rule is compared with. */
    GROWING
}
