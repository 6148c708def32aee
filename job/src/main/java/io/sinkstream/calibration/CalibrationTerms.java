package io.sinkstream.calibration;

import io.sinkstream.settings.OddBy;
import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.util.Locale;

/**
 * What has to be the same of rows that are compared.
 *
 * @param model its fingerprint
 * @param sinks S
 * @param window R
 * @param separator what follows each text; null of token ids
 * @param by which of their numbers is compared
 * @param kind the column of their kinds; null if all are of one
 */
public record CalibrationTerms(String model, int sinks, int window, String separator, OddBy by, String kind)
        implements Serializable {

    /**
     * Checks that rows under {@code others} may be compared with those of the file at {@code path}, which are under these.
     *
     * @throws UserException if one is different
     */
    void check(String path, CalibrationTerms others) {
        if (!model.equals(others.model)) {
            throw differs(
                    path, "with another model (its fingerprint is " + model + ", this one's " + others.model + ")");
        }
        check(path, Settings.SINKS.option(), sinks, others.sinks);
        check(path, Settings.WINDOW.option(), window, others.window);
        check(
                path,
                separator == null || others.separator == null ? Settings.TOKENS.option() : Settings.SEPARATOR.option(),
                shown(separator),
                shown(others.separator));
        check(path, OddSettings.ODD_BY.option(), word(by), word(others.by));
        check(
                path,
                OddSettings.KIND.option(),
                kind == null ? "none" : kind,
                others.kind == null ? "none" : others.kind);
    }

    private static void check(String path, String option, Object found, Object asked) {
        if (!found.equals(asked)) {
            throw differs(path, "with " + option + " " + found + ", and this run has " + asked);
        }
    }

    private static String shown(String separator) {
        return separator == null
                ? "token ids"
                : "\""
                        + separator
                                .replace("\\", "\\\\")
                                .replace("\n", "\\n")
                                .replace("\t", "\\t")
                                .replace("\r", "\\r") + "\"";
    }

    private static String word(OddBy by) {
        return by.name().toLowerCase(Locale.ROOT);
    }

    private static UserException differs(String path, String how) {
        return new UserException(
                OddSettings.CALIBRATE + ": " + path + " was made " + how + "; allowed is a calibration of the same");
    }
}
