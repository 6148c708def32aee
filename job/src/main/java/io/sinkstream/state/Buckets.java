package io.sinkstream.state;

import org.apache.spark.unsafe.hash.Murmur3_x86_32;

/**
 * The numbers that stand for buckets. Spark puts a bucket into the partition that its number's hash says; numbers 0, 1, 2
 * would leave some partitions empty and others with several. These are chosen so that each partition has its equal share.
 */
public final class Buckets {
    /** Of Spark's hash partitioning. */
    private static final int SEED = 42;

    private Buckets() {}

    /** One number for each partition, in the order of the partitions. */
    public static int[] numbers(int partitions) {
        int[] numbers = new int[partitions];
        boolean[] found = new boolean[partitions];
        int left = partitions;
        for (int number = 0; left > 0; number++) {
            int partition = Math.floorMod(Murmur3_x86_32.hashInt(number, SEED), partitions);
            if (!found[partition]) {
                found[partition] = true;
                numbers[partition] = number;
                left--;
            }
        }
        return numbers;
    }
}
