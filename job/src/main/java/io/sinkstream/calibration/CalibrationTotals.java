package io.sinkstream.calibration;

import java.io.IOException;
import java.io.ObjectOutputStream;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.util.AccumulatorV2;

/**
 * Gathers a run's rows for a calibration. Spark adds each task's once, of the attempt that succeeded, as long as they are in the
 * job's last stage.
 *
 * <p>All methods lock: a task's heartbeat reads it, or writes it to the driver, while the task goes on.
 */
public final class CalibrationTotals extends AccumulatorV2<Map<String, OrdinaryRows>, Map<String, OrdinaryRows>> {
    private static final long serialVersionUID = 1;

    private final TreeMap<String, OrdinaryRows> kinds = new TreeMap<>();

    /** Nothing yet. */
    public CalibrationTotals() {}

    /** Takes a row in. */
    synchronized void add(String kind, float surprise) {
        kinds.computeIfAbsent(kind, added -> new OrdinaryRows()).add(surprise);
    }

    @Override
    public synchronized boolean isZero() {
        return kinds.isEmpty();
    }

    @Override
    public synchronized AccumulatorV2<Map<String, OrdinaryRows>, Map<String, OrdinaryRows>> copy() {
        CalibrationTotals copy = new CalibrationTotals();
        copy.add(kinds);
        return copy;
    }

    @Override
    public synchronized void reset() {
        kinds.clear();
    }

    @Override
    public synchronized void add(Map<String, OrdinaryRows> others) {
        others.forEach((kind, rows) ->
                kinds.computeIfAbsent(kind, added -> new OrdinaryRows()).add(rows));
    }

    @Override
    public void merge(AccumulatorV2<Map<String, OrdinaryRows>, Map<String, OrdinaryRows>> other) {
        add(other.value());
    }

    @Override
    public synchronized Map<String, OrdinaryRows> value() {
        Map<String, OrdinaryRows> copy = new TreeMap<>();
        kinds.forEach((kind, rows) -> copy.put(kind, OrdinaryRows.of(rows.bytes())));
        return copy;
    }

    private synchronized void writeObject(ObjectOutputStream out) throws IOException {
        out.defaultWriteObject();
    }
}
