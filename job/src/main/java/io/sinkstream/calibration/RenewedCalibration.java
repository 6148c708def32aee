package io.sinkstream.calibration;

import java.util.HashMap;
import java.util.Map;

/**
 * A calibration that goes on with the rows that it judges, of one partition of an endless stream's state.
 *
 * <p>Not safe for several threads.
 */
public final class RenewedCalibration {
    private final Recalibration rule;
    private final Calibration first;
    private final Store store;
    private final Map<String, RecentRows> kinds = new HashMap<>();

    /** What is kept between micro-batches, by name. */
    public interface Store {
        /** Null if there is nothing of this name. */
        byte[] read(String name);

        /** Puts it in the place of whatever there was. */
        void write(String name, byte[] bytes);

        /** Does nothing if there is nothing of this name. */
        void remove(String name);
    }

    /**
     * As it was kept.
     *
     * @param first the calibration of the file, which it begins with
     */
    public RenewedCalibration(Recalibration rule, Calibration first, Store store) {
        this.rule = rule;
        this.first = first;
        this.store = store;
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
                kind, read -> RecentRows.read(rule, first.kinds().get(read), place(read)));
    }

    /** Keeps what has changed. */
    public void save() {
        kinds.forEach((kind, rows) -> rows.write(place(kind)));
    }

    private RecentRows.Place place(String kind) {
        return new RecentRows.Place() {
            @Override
            public byte[] read(long number) {
                return store.read(name(number));
            }

            @Override
            public void write(long number, byte[] bytes) {
                store.write(name(number), bytes);
            }

            @Override
            public void remove(long number) {
                store.remove(name(number));
            }

            private String name(long number) {
                return number + " " + kind;
            }
        };
    }
}
