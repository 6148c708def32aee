package io.sinkstream.calibration;

/**
 * How odd a row is.
 *
 * @param surprise the number that it is odd by, nats; NaN if it has none
 * @param pValue the share of ordinary rows at least as surprising; null if it has no ordinary ones to stand beside
 * @param isOdd whether that is at most the rate of false alarms; null if there is no {@code pValue} or no rate
 */
public record Verdict(float surprise, Double pValue, Boolean isOdd) {
    /** Of a row without numbers. */
    static final Verdict NONE = new Verdict(Float.NaN, null, null);
}
