package io.sinkstream.calibration;

import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.util.Locale;
import java.util.Optional;

/**
 * How a calibration is renewed while rows come, see {@link RecentRows}.
 *
 * @param rows of a kind that make a generation
 * @param alarmRate the share of ordinary rows that may be called odd
 */
public record Recalibration(int rows, double alarmRate) implements Serializable {
    /** Generations that halve the weight of all before them, as long as a change is not known to last. */
    private static final int UNDECIDED = 2;

    /**
     * What the settings say; empty if they ask for none.
     *
     * @param judge who judges rows; null if nobody does
     * @throws UserException if nobody calls rows odd, or generations are too small for the rate
     */
    public static Optional<Recalibration> from(SettingValues values, Judge judge) {
        Optional<Integer> rows = values.find(OddSettings.RECALIBRATE);
        if (rows.isEmpty()) {
            return Optional.empty();
        }
        if (judge == null || judge.alarmRate() == null) {
            throw new UserException(OddSettings.RECALIBRATE + " " + rows.get() + " does nothing without "
                    + OddSettings.CALIBRATE + " and " + OddSettings.ALARM_RATE + ", which say what is odd at first");
        }
        double rate = judge.alarmRate();
        long least = (long) Math.ceil(UNDECIDED / rate);
        if (rows.get() < least) {
            throw new UserException(String.format(
                    Locale.ROOT,
                    "%s %s: beside so few rows none is odd at %s %s; allowed is at least %d / rate, here %d",
                    OddSettings.RECALIBRATE,
                    rows.get(),
                    OddSettings.ALARM_RATE,
                    rate,
                    UNDECIDED,
                    least));
        }
        return Optional.of(new Recalibration(rows.get(), rate));
    }

    /** What a state depends on that is renewed so, in words. */
    public String terms(Calibration first) {
        return OddSettings.RECALIBRATE + " " + rows + ", " + OddSettings.ALARM_RATE + " " + alarmRate
                + " and calibration " + first.fingerprint();
    }
}
