package io.sinkstream.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.OddBy;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.settings.UserException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log that changes, or doesn't, row by row. Rows as before are around 0, others around 10. */
final class RecentRowsTest {
    private static final double RATE = 0.01;
    private static final int ROWS = 2_000;
    private static final Recalibration RULE = new Recalibration(ROWS, RATE);

    private final Random random = new Random(23);
    private final Map<Long, byte[]> kept = new HashMap<>();

    private OrdinaryRows before(int count) {
        OrdinaryRows rows = new OrdinaryRows();
        for (int i = 0; i < count; i++) {
            rows.add((float) random.nextGaussian());
        }
        return rows;
    }

    private RecentRows renewed() {
        return new RecentRows(RULE, before(10_000));
    }

    /** The share of so many rows that is odd; {@code others} of them are around 10. */
    private double alarms(RecentRows rows, int count, double others) {
        int odd = 0;
        for (int i = 0; i < count; i++) {
            boolean isOther = random.nextDouble() < others;
            odd += alarm(rows, (float) (random.nextGaussian() + (isOther ? 10 : 0))) ? 1 : 0;
        }
        return odd / (double) count;
    }

    private static boolean alarm(RecentRows rows, float surprise) {
        boolean isOdd = rows.pValue(surprise) <= RATE;
        rows.add(surprise, isOdd);
        return isOdd;
    }

    /** Were odd rows left out, each generation would be cut off at the end and the next raise more alarms. */
    @Test
    void rowsThatStayAsTheyAreRaiseNoMoreAlarmsThanTheRateForEver() {
        RecentRows rows = renewed();
        assertThat(alarms(rows, 5 * ROWS, 0)).isBetween(RATE / 2, 1.5 * RATE);

        // Twenty generations' alarms, and the chance of those that they are judged by: twice the variance of their
        // number.
        double late = alarms(rows, 20 * ROWS, 0);
        assertThat(late).isBetween(RATE / 2, RATE + 3 * Math.sqrt(2 * RATE / (20 * ROWS)));
    }

    @ParameterizedTest
    @ValueSource(doubles = {1, 0.3, 0.05})
    void aChangeThatLastsRaisesAlarmsAndTheyEnd(double share) {
        RecentRows rows = renewed();
        alarms(rows, ROWS + ROWS / 2, 0);

        // The middle one of three generations has it from its beginning.
        assertThat(alarms(rows, 2 * ROWS, share)).isBetween(0.95 * share, share + 2 * RATE);
        alarms(rows, 2 * ROWS, share);
        assertThat(alarms(rows, 10 * ROWS, share)).isLessThan(2 * RATE);
    }

    @Test
    void whatTheFileAloneJudgesStaysOddForEver() {
        OrdinaryRows file = before(10_000);
        Calibration calibration =
                new Calibration(new CalibrationTerms("abc", 4, 9, "\n", OddBy.MEAN, null), Map.of("", file));

        for (int i = 0; i < 5 * ROWS; i++) {
            assertThat(calibration.pValue("", 10)).isLessThan(RATE);
        }
    }

    @Test
    void anOutageThatIsShorterThanAGenerationIsOddToItsEndAndTheNextTimeToo() {
        RecentRows rows = renewed();
        for (int time = 0; time < 3; time++) {
            // Across the end of a generation.
            alarms(rows, ROWS - 500, 0);
            assertThat(alarms(rows, 1_000, 0.5)).as("outage %s", time).isGreaterThan(0.45);
            alarms(rows, 2 * ROWS - 500, 0);
        }
        assertThat(alarms(rows, 5 * ROWS, 0)).isLessThan(2 * RATE);
    }

    @Test
    void aDriftIsFollowed() {
        RecentRows rows = renewed();
        int odd = 0;
        int count = 30 * ROWS;
        IntToDoubleFunction level = i -> 3.0 * i / count;
        for (int i = 0; i < count; i++) {
            odd += alarm(rows, (float) (random.nextGaussian() + level.applyAsDouble(i))) ? 1 : 0;
        }

        // A tenth of a deviation in a generation, by which those that count are behind about twice.
        assertThat(odd / (double) count).isBetween(RATE / 2, 2.5 * RATE);
        assertThat(new RecentRows(RULE, before(10_000)).pValue(3 + 2)).isLessThan(RATE);
        assertThat(rows.pValue(3 + 2)).isGreaterThan(RATE);
    }

    @Test
    void aKindThatTheFileHasNotIsJudgedFromItsFirstGenerationOn() {
        RecentRows rows = new RecentRows(RULE, null);
        for (int i = 0; i < ROWS; i++) {
            assertThat(rows.pValue(i)).isNull();
            rows.add((float) random.nextGaussian(), false);
        }
        assertThat(rows.pValue(100)).isEqualTo(1.0 / (ROWS + 1));
        assertThat(rows.pValue(-100)).isEqualTo(1.0);
    }

    private CalibrationPlace place() {
        return new CalibrationPlace() {
            @Override
            public byte[] read(long number) {
                return kept.get(number);
            }

            @Override
            public void write(long number, byte[] bytes) {
                kept.put(number, bytes);
            }

            @Override
            public void remove(long number) {
                kept.remove(number);
            }
        };
    }

    /** A write of any number of rows, none, or several generations. */
    @Test
    void whatIsKeptGoesOnAsIfItHadNeverStopped() {
        Recalibration small = new Recalibration(200, RATE);
        OrdinaryRows file = before(500);
        RecentRows whole = new RecentRows(small, file);
        for (int batch = 0; batch < 60; batch++) {
            RecentRows part = RecentRows.read(small, file, place());
            int count = random.nextInt(batch % 10 == 9 ? 3_000 : 150);
            for (int i = 0; i < count; i++) {
                float surprise = (float) random.nextGaussian() + (batch > 30 && i % 3 == 0 ? 9 : 0);
                assertThat(alarm(part, surprise)).isEqualTo(alarm(whole, surprise));
            }
            part.write(place());
            assertThat(kept.size()).isLessThanOrEqualTo(RecentRows.GENERATIONS + 2);
            for (float at : new float[] {-1, 0, 2, 3, 9, 12}) {
                assertThat(RecentRows.read(small, file, place()).pValue(at)).isEqualTo(whole.pValue(at));
            }
        }
    }

    @Test
    void settingsThatDoNothingAreRefused() {
        SettingValues values = SettingValues.resolve(Map.of("recalibrate", List.of("1999")), Map.of());
        Calibration calibration =
                new Calibration(new CalibrationTerms("abc", 4, 9, "\n", OddBy.MEAN, null), Map.of("", before(9)));
        Judge judge = new Judge(OddBy.MEAN, TokenDetails.NONE, null, calibration, 0.001);

        for (Judge none : new Judge[] {null, new Judge(OddBy.MEAN, TokenDetails.NONE, null, calibration, null)}) {
            assertThatThrownBy(() -> Recalibration.from(values, none))
                    .isInstanceOf(UserException.class)
                    .hasMessage(
                            "--recalibrate 1999 does nothing without --calibrate and --alarm-rate, which say what is"
                                    + " odd at first");
        }
        assertThatThrownBy(() -> Recalibration.from(values, judge))
                .isInstanceOf(UserException.class)
                .hasMessage("--recalibrate 1999: beside so few rows none is odd at --alarm-rate 0.001; allowed is at"
                        + " least 2 / rate, here 2000");
        assertThat(Recalibration.from(SettingValues.resolve(Map.of(), Map.of()), judge))
                .isEmpty();
    }
}
