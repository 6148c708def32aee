package io.sinkstream.settings;

import java.io.Serializable;
import java.lang.management.ManagementFactory;

/**
 * An amount of memory, or a share of whatever machine asks: a driver and its executors may differ.
 *
 * @param amount in bytes; 0 if it is a share
 * @param percent of the machine's physical memory; 0 if it is an amount
 */
public record MemoryBudget(long amount, int percent) implements Serializable {

    /** The budget on this machine (or in this container), in bytes. */
    public long bytes() {
        return percent == 0 ? amount : Math.max(1, physicalBytes() / 100 * percent);
    }

    private static long physicalBytes() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getTotalMemorySize();
    }
}
