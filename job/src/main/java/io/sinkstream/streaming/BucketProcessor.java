package io.sinkstream.streaming;

import io.sinkstream.batch.ExecutorModel;
import io.sinkstream.batch.RowLayout;
import io.sinkstream.calibration.CalibrationPlace;
import io.sinkstream.calibration.RenewedCalibration;
import io.sinkstream.rows.RowEngine;
import io.sinkstream.settings.UserException;
import io.sinkstream.state.StreamHead;
import io.sinkstream.state.StreamStore;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamName;
import java.util.Collections;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.plans.logical.TransformWithState;
import org.apache.spark.sql.streaming.ExpiredTimerInfo;
import org.apache.spark.sql.streaming.MapState;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.streaming.StatefulProcessor;
import org.apache.spark.sql.streaming.TTLConfig;
import org.apache.spark.sql.streaming.TimeMode;
import org.apache.spark.sql.streaming.TimerValues;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The stateful operator: a bucket holds the streams of many keys, so that one call of the model takes the rows of all of
 * them. The state holds tokens; caches stay with the executor's model and are used only where their epoch is the state's.
 */
final class BucketProcessor extends StatefulProcessor<Integer, Row, Row> {
    private static final long serialVersionUID = 1;

    /** A stream is forgotten at most this part of the idle time too late. */
    private static final int LOOKS_PER_IDLE_TIME = 4;

    private static final long SHORTEST_LOOK_MILLIS = 1_000;

    /** The name of the state that holds a calibration that is renewed. */
    private static final String CALIBRATION = "calibration";

    private final StreamOptions options;
    private final String checkpoint;
    private final RowLayout layout;
    private final StreamLayout more;
    private final Idleness idleness;
    private final String query;
    private final String fingerprint;

    private transient MapState<String, byte[]> heads;
    private transient MapState<byte[], byte[]> blocks;
    private transient MapState<String, byte[]> calibrations;
    private transient StreamModel model;
    private transient StreamStore store;

    /**
     * @param checkpoint of the query that it may run in; null if that may be any
     * @param idleness when a stream is forgotten, if {@code options} say that one ever is
     * @param query under whose name caches are kept
     * @param fingerprint of the model that the driver has
     */
    BucketProcessor(
            StreamOptions options,
            String checkpoint,
            RowLayout layout,
            StreamLayout more,
            Idleness idleness,
            String query,
            String fingerprint) {
        this.options = options;
        this.checkpoint = checkpoint;
        this.layout = layout;
        this.more = more;
        this.idleness = idleness;
        this.query = query;
        this.fingerprint = fingerprint;
    }

    /** Whether there is one in a table's plan. */
    static boolean isIn(Dataset<Row> table) {
        return ((org.apache.spark.sql.classic.Dataset<Row>) table)
                .queryExecution()
                .analyzed()
                .exists(node -> node instanceof TransformWithState operator
                        && (Object) operator.statefulProcessor() instanceof BucketProcessor);
    }

    /** Also called on the driver, to see what state there is: no model is loaded here. */
    @Override
    public void init(OutputMode outputMode, TimeMode timeMode) {
        if (checkpoint != null) {
            OwnCheckpoint.require(checkpoint);
        }
        heads = getHandle().getMapState(StreamStore.STREAMS, Encoders.STRING(), Encoders.BINARY(), TTLConfig.NONE());
        blocks = getHandle().getMapState(StreamStore.HISTORY, Encoders.BINARY(), Encoders.BINARY(), TTLConfig.NONE());
        if (options.recalibration() != null) {
            calibrations = getHandle().getMapState(CALIBRATION, Encoders.STRING(), Encoders.BINARY(), TTLConfig.NONE());
        }
    }

    @Override
    public Iterator<Row> handleInputRows(Integer bucket, Iterator<Row> rows, TimerValues timers) {
        load();
        long now = now(timers);
        if (options.idle() != null && !getHandle().listTimers().hasNext()) {
            lookAgain(now);
        }
        ObeyedRows input = new ObeyedRows(
                new SortedRows(rows, layout, more),
                layout,
                more,
                store,
                model,
                query,
                options.keep(model.description()),
                options.history(),
                now);
        RowEngine<Row> results = new RowEngine<>(
                input,
                new BucketFields(layout, more, now),
                model,
                options.keyed().task(),
                options.keyed().rows(),
                new BucketStreams(store, model, query),
                options.keyed().model().options().passTokens());
        return CollectionConverters.asScala(new BucketRows(results, options.keyed(), layout, renewed()));
    }

    /** The bucket's calibration, to be saved behind its rows; null if it is the file's for ever. */
    private RenewedCalibration renewed() {
        return options.recalibration() == null
                ? null
                : new RenewedCalibration(
                        options.recalibration(),
                        options.keyed().judge().calibration(),
                        kind -> new KindPlace(calibrations, kind));
    }

    private record KindPlace(MapState<String, byte[]> values, String kind) implements CalibrationPlace {
        @Override
        public byte[] read(long number) {
            return values.getValue(name(number));
        }

        @Override
        public void write(long number, byte[] bytes) {
            values.updateValue(name(number), bytes);
        }

        @Override
        public void remove(long number) {
            values.removeKey(name(number));
        }

        private String name(long number) {
            return number + " " + kind;
        }
    }

    /** Forgets the streams that are idle. */
    @Override
    public Iterator<Row> handleExpiredTimer(Integer bucket, TimerValues timers, ExpiredTimerInfo expired) {
        load();
        long now = now(timers);
        store.forget(now, lastSeen -> idleness.isOver(lastSeen, now))
                .forEach(key -> model.forget(new StreamName(query, key)));
        if (!store.isEmpty()) {
            lookAgain(now);
        }
        return CollectionConverters.asScala(Collections.emptyIterator());
    }

    private void lookAgain(long now) {
        getHandle()
                .registerTimer(
                        now + Math.max(SHORTEST_LOOK_MILLIS, options.idle().toMillis() / LOOKS_PER_IDLE_TIME));
    }

    private long now(TimerValues timers) {
        if (options.eventTime() != null) {
            return timers.getCurrentWatermarkInMs();
        }
        return options.idle() == null ? 0 : timers.getCurrentProcessingTimeInMs();
    }

    /** A bucket without rows loads no model. */
    private void load() {
        if (model == null) {
            model = ExecutorModel.of(options.keyed().model());
            if (!model.fingerprint().equals(fingerprint)) {
                throw new UserException("the model " + options.keyed().model().name()
                        + " on this executor is not the driver's: all machines need the same files");
            }
            store = new StreamStore(
                    heads,
                    blocks,
                    StreamHead.owner(
                            fingerprint,
                            options.keyed().model().options().sinks(),
                            options.keyed().model().options().window()),
                    options.keep(model.description()));
        }
    }
}
