package io.sinkstream.settings;

import java.time.Duration;

/**
 * When an endless stream takes what has come.
 *
 * @param interval how long from the start of one micro-batch to the next
 * @param untilNow whether it ends once it has taken what is there now
 */
public record MicroBatches(Duration interval, boolean untilNow) {
    /** Takes what is there now, and ends. */
    public static final MicroBatches UNTIL_NOW = new MicroBatches(Duration.ZERO, true);
}
