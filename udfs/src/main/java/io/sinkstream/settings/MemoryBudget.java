package io.sinkstream.settings;

import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.util.function.LongSupplier;

/**
 * An amount of memory, or a share of whatever machine asks: a driver and its executors may differ.
 *
 * @param amount in bytes; 0 if it is a share
 * @param percent of the physical memory of the machine, or of its GPU; 0 if it is an amount
 */
public record MemoryBudget(long amount, int percent) implements Serializable {

    /** The budget on this machine (or in this container), in bytes. */
    public long bytes() {
        return bytesOf(MemoryBudget::physicalBytes);
    }

    /**
     * The budget on something else that has memory, in bytes.
     *
     * @param memory all of its memory, in bytes; asked only if the budget is a share
     */
    public long bytesOf(LongSupplier memory) {
        return percent == 0 ? amount : Math.max(1, memory.getAsLong() / 100 * percent);
    }

    private static long physicalBytes() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getTotalMemorySize();
    }
}
