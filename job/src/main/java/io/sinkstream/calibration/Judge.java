package io.sinkstream.calibration;

import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.settings.OddBy;
import io.sinkstream.settings.OddSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.StreamsBy;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.util.ArrayList;
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
 * @param streams what is looked at as a whole
 * @param tellsSurprise whether there is a column {@link #SURPRISE}
 */
public record Judge(
        OddBy by,
        TokenDetails known,
        String kind,
        Calibration calibration,
        Double alarmRate,
        StreamRule streams,
        boolean tellsSurprise)
        implements Serializable {
    /** How surprising rows are, a float: what streams are judged by as a whole. No column of a result that is written. */
    public static final String SURPRISE = "__sinkstream_surprise";

    private static final List<DataType> KINDS = List.of(
            DataTypes.StringType,
            DataTypes.ByteType,
            DataTypes.ShortType,
            DataTypes.IntegerType,
            DataTypes.LongType,
            DataTypes.BooleanType);

    /** So many names of kinds are told. */
    private static final int SHOWN_KINDS = 5;

    /** Who judges rows alone. */
    Judge(OddBy by, TokenDetails known, String kind, Calibration calibration, Double alarmRate) {
        this(by, known, kind, calibration, alarmRate, new StreamRule(StreamsBy.ROWS, null), false);
    }

    /** The same with a column {@link #SURPRISE}. */
    public Judge tellingSurprise() {
        return new Judge(by, known, kind, calibration, alarmRate, streams, true);
    }

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
            return Optional.of(new Judge(by, known, kind, null, null, StreamRule.from(values), false));
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
        StreamRule streams = StreamRule.from(values);
        if (streams.isOwn()) {
            requireStreams(calibration.streams(), streams, alarmRate, path);
        }
        return Optional.of(new Judge(by, known, kind, calibration, alarmRate, streams, false));
    }

    private static void requireStreams(OrdinaryStreams known, StreamRule asked, Double alarmRate, String path) {
        if (known == null || !known.rule().equals(asked)) {
            throw new UserException(OddSettings.CALIBRATE + ": " + path + " has "
                    + (known == null ? "no streams" : "streams with " + known.rule()) + ", and this run has " + asked
                    + "; allowed is a calibration of the same");
        }
        if (alarmRate != null && alarmRate < 1.0 / (known.count() + 1)) {
            throw new UserException(String.format(
                    Locale.ROOT,
                    "%s %s: no stream could be odd, as %s has %,d streams; allowed is at least 1 / (streams + 1), here"
                            + " %.3g, or %s rows",
                    OddSettings.ALARM_RATE,
                    alarmRate,
                    path,
                    known.count(),
                    1.0 / (known.count() + 1),
                    OddSettings.STREAMS_BY));
        }
    }

    /** Throws UserException if a setting is given that does nothing without a calibration. */
    private static void requireUse(SettingValues values) {
        if (values.isGiven(OddSettings.ALARM_RATE) && !values.isGiven(OddSettings.CALIBRATE)) {
            throw new UserException(OddSettings.ALARM_RATE + " " + values.require(OddSettings.ALARM_RATE)
                    + " does nothing without " + OddSettings.CALIBRATE + ", by which rows are judged");
        }
        for (Setting<?> shared : List.of(OddSettings.KIND, OddSettings.ODD_BY, OddSettings.STREAMS_BY)) {
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
        List<StructField> columns = new ArrayList<>();
        if (calibration != null) {
            columns.add(new StructField("p_value", DataTypes.DoubleType, true, Metadata.empty()));
        }
        if (alarmRate != null) {
            columns.add(new StructField("odd", DataTypes.BooleanType, true, Metadata.empty()));
        }
        if (tellsSurprise) {
            columns.add(new StructField(SURPRISE, DataTypes.FloatType, true, Metadata.empty()));
        }
        return columns;
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

    /** What rows are judged by. */
    @FunctionalInterface
    private interface Ordinary {
        Double pValue(String kind, float surprise);
    }

    /** The verdict of a row. */
    public Verdict verdict(Row row, RowOutcome outcome) {
        return verdict(row, outcome, calibration == null ? (own, surprise) -> null : calibration::pValue);
    }

    /** The verdict of a row by a calibration that takes it in then. */
    public Verdict verdict(Row row, RowOutcome outcome, RenewedCalibration renewed) {
        Verdict verdict = verdict(row, outcome, renewed::pValue);
        String own = kind(row);
        if (!Float.isNaN(verdict.surprise()) && own != null) {
            renewed.add(own, verdict.surprise(), Boolean.TRUE.equals(verdict.isOdd()));
        }
        return verdict;
    }

    private Verdict verdict(Row row, RowOutcome outcome, Ordinary ordinary) {
        float surprise = outcome instanceof Scored scored ? Surprise.of(by, scored, known) : Float.NaN;
        if (Float.isNaN(surprise)) {
            return Verdict.NONE;
        }
        String own = kind(row);
        Double pValue = own == null ? null : ordinary.pValue(own, surprise);
        boolean isCalled = pValue != null && alarmRate != null;
        return new Verdict(surprise, pValue, isCalled ? (Boolean) (pValue <= alarmRate) : null);
    }

    /** A verdict as the values of {@link #columns}. */
    public Object[] values(Verdict verdict) {
        List<Object> values = new ArrayList<>();
        if (calibration != null) {
            values.add(verdict.pValue());
        }
        if (alarmRate != null) {
            values.add(verdict.isOdd());
        }
        if (tellsSurprise) {
            values.add(Float.isNaN(verdict.surprise()) ? null : (Float) verdict.surprise());
        }
        return values.toArray();
    }

    /**
     * The p-value of a stream; null if it has none.
     *
     * @param perplexity its own
     */
    public Double pValue(StreamEvidence stream, double perplexity) {
        if (calibration == null) {
            return null;
        }
        // Of a stream's windows only its table knows.
        return streams.isOwn() && streams.window() == null
                ? stream.pValue(calibration.streams(), perplexity)
                : stream.pValue();
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
