package io.sinkstream.calibration;

/**
 * Where a renewed calibration of one kind of rows is kept between micro-batches: its generations by their numbers, and what is
 * known of all of them by {@code -1}.
 */
public interface CalibrationPlace {
    /** Null if there is nothing of this number. */
    byte[] read(long number);

    /** Puts it in the place of whatever there was. */
    void write(long number, byte[] bytes);

    /** Does nothing if there is nothing of this number. */
    void remove(long number);
}
