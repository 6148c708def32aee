package io.sinkstream.calibration;

import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.settings.OddBy;
import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Says of each row how odd it is.
 *
 * @param by which of a row's numbers
 * @param known what is known of its tokens beside their NLL, as much as {@code by} takes
 * @param kind the column of its kind; null if all are of one
 * @param calibration what rows are judged by; null for nothing
 * @param alarmRate the share of ordinary rows that may be called odd; null to call none so
 */
public record Judge(OddBy by, TokenDetails known, String kind, Calibration calibration, Double alarmRate)
        implements Serializable {
    private static final List<DataType> KINDS = List.of(
            DataTypes.StringType,
            DataTypes.ByteType,
            DataTypes.ShortType,
            DataTypes.IntegerType,
            DataTypes.LongType,
            DataTypes.BooleanType);

    /** So many names of kinds are told. */
    private static final int SHOWN_KINDS = 5;

    /**
     * Who judges as these settings say; nobody if they ask for no calibration.
     *
     * @param known what is known of rows' tokens beside their NLL
     * @param terms of the rows at hand, which are asked for if there is a calibration
     * @throws UserException if settings contradict each other, or the calibration is not of such rows
     */
    public static Optional<Judge> from(
            SettingValues values, TokenDetails known, Configuration conf, Supplier<CalibrationTerms> terms) {
        OddBy by = values.require(OddSettings.ODD_BY);
        String kind = values.find(OddSettings.KIND).orElse(null);
        Double alarmRate = values.find(OddSettings.ALARM_RATE).orElse(null);
        String path = values.find(OddSettings.CALIBRATE).orElse(null);
        requireUse(values);
        if (!OddSettings.isAsked(values)) {
            return Optional.empty();
        }
        if (path == null) {
            return Optional.of(new Judge(by, known, kind, null, null));
        }
        Calibration calibration = Calibration.read(conf, path);
        calibration.terms().check(path, terms.get());
        double least = 1.0 / (calibration.mostRows() + 1);
        if (alarmRate != null && alarmRate < least) {
            throw new UserException(String.format(
                    Locale.ROOT,
                    "%s %s: no row could be odd, as %s has no more than %,d rows of a kind; allowed is at least"
                            + " 1 / (rows + 1), here %.3g",
                    OddSettings.ALARM_RATE,
                    alarmRate,
                    path,
                    calibration.mostRows(),
                    least));
        }
        return Optional.of(new Judge(by, known, kind, calibration, alarmRate));
    }

    /** Throws UserException if a setting is given that does nothing without a calibration. */
    private static void requireUse(SettingValues values) {
        if (values.isGiven(OddSettings.ALARM_RATE) && !values.isGiven(OddSettings.CALIBRATE)) {
            throw new UserException(OddSettings.ALARM_RATE + " " + values.require(OddSettings.ALARM_RATE)
                    + " does nothing without " + OddSettings.CALIBRATE + ", by which rows are judged");
        }
        for (Setting<?> shared : List.of(OddSettings.KIND, OddSettings.ODD_BY)) {
            if (values.isGiven(shared) && !OddSettings.isAsked(values)) {
                throw new UserException(shared + " does nothing without " + OddSettings.CALIBRATE + " or "
                        + OddSettings.CALIBRATION_OUTPUT);
            }
        }
    }

    /** What of the rate can't be done, as it is told to users; empty if there is nothing. */
    public Optional<String> warning() {
        if (alarmRate == null) {
            return Optional.empty();
        }
        List<String> few = calibration.kindsBelow((long) Math.ceil(1 / alarmRate) - 1);
        return few.isEmpty()
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "%s %s: no row of these kinds can be odd, which have too few ordinary ones: %s%s",
                        OddSettings.ALARM_RATE,
                        alarmRate,
                        few.stream().limit(SHOWN_KINDS).collect(Collectors.joining(", ")),
                        few.size() > SHOWN_KINDS ? " and " + (few.size() - SHOWN_KINDS) + " more" : ""));
    }

    /**
     * The columns that come out of verdicts.
     *
     * @param input the rows' own
     * @throws UserException if the column of kinds is not among them, or its values make no kinds
     */
    public List<StructField> columns(StructType input) {
        if (kind != null) {
            requireKind(input);
        }
        if (calibration == null) {
            return List.of();
        }
        StructField pValue = new StructField("p_value", DataTypes.DoubleType, true, Metadata.empty());
        return alarmRate == null
                ? List.of(pValue)
                : List.of(pValue, new StructField("odd", DataTypes.BooleanType, true, Metadata.empty()));
    }

    private void requireKind(StructType input) {
        if (!Arrays.asList(input.fieldNames()).contains(kind)) {
            throw new UserException(OddSettings.KIND + ": the input has no column " + kind + "; it has "
                    + String.join(", ", input.fieldNames()));
        }
        DataType type = input.apply(kind).dataType();
        if (!KINDS.contains(type)) {
            throw new UserException(OddSettings.KIND + ": column " + kind + " is of type " + type.catalogString()
                    + "; allowed is a string, a whole number or a boolean");
        }
    }

    /** The verdict of a row. */
    public Verdict verdict(Row row, RowOutcome outcome) {
        float surprise = outcome instanceof Scored scored ? Surprise.of(by, scored, known) : Float.NaN;
        if (Float.isNaN(surprise)) {
            return Verdict.NONE;
        }
        String own = kind(row);
        Double pValue = calibration == null || own == null ? null : calibration.pValue(own, surprise);
        boolean isCalled = pValue != null && alarmRate != null;
        return new Verdict(surprise, pValue, isCalled ? (Boolean) (pValue <= alarmRate) : null);
    }

    /** A verdict as the values of {@link #columns}. */
    public Object[] values(Verdict verdict) {
        if (calibration == null) {
            return new Object[0];
        }
        return alarmRate == null ? new Object[] {verdict.pValue()} : new Object[] {verdict.pValue(), verdict.isOdd()};
    }

    /** Takes an ordinary row in, if it has a number and a kind. */
    public void enter(CalibrationTotals ordinary, Row row, Verdict verdict) {
        String own = kind(row);
        if (!Float.isNaN(verdict.surprise()) && own != null) {
            ordinary.add(own, verdict.surprise());
        }
    }

    private String kind(Row row) {
        if (kind == null) {
            return Calibration.ALL;
        }
        Object value = row.getAs(kind);
        return value == null ? null : value.toString();
    }
}
