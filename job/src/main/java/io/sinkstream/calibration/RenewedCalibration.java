package io.sinkstream.calibration;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * A calibration that goes on with the rows that it judges, of one partition of an endless stream's state.
 *
 * <p>Not safe for several threads.
 */
public final class RenewedCalibration {
    private final Recalibration rule;
    private final Calibration first;
    private final Function<String, CalibrationPlace> places;
    private final Map<String, RecentRows> kinds = new HashMap<>();

    /**
     * As it was kept.
     *
     * @param first the calibration of the file, which it begins with
     * @param places where each kind's is kept
     */
    public RenewedCalibration(Recalibration rule, Calibration first, Function<String, CalibrationPlace> places) {
        this.rule = rule;
        this.first = first;
        this.places = places;
    }

    /** The share of ordinary rows of this kind that are at least as surprising; null as long as there are none of it. */
    Double pValue(String kind, float surprise) {
        return of(kind).pValue(surprise);
    }

    /** Takes a row in that has been judged. */
    void add(String kind, float surprise, boolean isOdd) {
        of(kind).add(surprise, isOdd);
    }

    private RecentRows of(String kind) {
        return kinds.computeIfAbsent(
                kind, read -> RecentRows.read(rule, first.kinds().get(read), places.apply(read)));
    }

    /** Keeps what has changed. */
    public void save() {
        kinds.forEach((kind, rows) -> rows.write(places.apply(kind)));
    }
}
