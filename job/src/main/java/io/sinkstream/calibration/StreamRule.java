package io.sinkstream.calibration;

import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.StreamsBy;
import java.io.Serializable;
import java.util.Locale;

/**
 * What is looked at as a whole, and by what it is odd.
 *
 * @param by by what
 * @param window how many rows of a stream; null for all of them
 */
public record StreamRule(StreamsBy by, Integer window) implements Serializable {
    /** What the settings say. */
    public static StreamRule from(SettingValues values) {
        return new StreamRule(
                values.require(OddSettings.STREAMS_BY),
                values.find(OddSettings.WINDOW_ROWS).orElse(null));
    }

    /** Whether they stand beside others, and not only their rows. */
    public boolean isOwn() {
        return by != StreamsBy.ROWS;
    }

    /** As options. */
    @Override
    public String toString() {
        return OddSettings.STREAMS_BY + " " + by.name().toLowerCase(Locale.ROOT)
                + (window == null ? "" : " and " + OddSettings.WINDOW_ROWS + " " + window);
    }
}
