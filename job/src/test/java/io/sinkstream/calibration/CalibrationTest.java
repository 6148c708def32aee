package io.sinkstream.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.RowOutcome.Scored;
import io.sinkstream.rows.RowProblem;
import io.sinkstream.settings.OddBy;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.StreamsBy;
import io.sinkstream.settings.TokenDetails;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CalibrationTest {
    private static final CalibrationTerms TERMS = new CalibrationTerms("abc", 4, 1020, "\n", OddBy.MEAN, null);

    @TempDir
    private Path folder;

    private static OrdinaryRows rows(float... surprises) {
        OrdinaryRows rows = new OrdinaryRows();
        for (float surprise : surprises) {
            rows.add(surprise);
        }
        return rows;
    }

    private static Calibration calibration(Map<String, OrdinaryRows> kinds) {
        return new Calibration(TERMS, kinds);
    }

    private Path written(Calibration calibration) {
        Path file = folder.resolve("ordinary.json");
        calibration.write(new Configuration(), file.toString());
        return file;
    }

    @ParameterizedTest
    @CsvSource({"0.5, 1", "1, 1", "1.5, 0.8", "2, 0.8", "2.5, 0.4", "3, 0.4", "9, 0.2"})
    void theShareAtLeastAsSurprising(float surprise, double expected) {
        // Of 1, 2, 2 and 3, each with one more: of equal ones all count.
        assertThat(rows(3, 2, 1, 2).pValue(surprise)).isEqualTo(expected);
    }

    @Test
    void noRowsMakeNothingOdd() {
        assertThat(rows().pValue(100)).isEqualTo(1);
    }

    /** By 200,000 rows the sketch has forgotten most of them. */
    @Test
    void theSketchsErrorKeepsTheBound() {
        Random random = new Random(7);
        float[] all = new float[200_000];
        OrdinaryRows first = new OrdinaryRows();
        OrdinaryRows second = new OrdinaryRows();
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) Math.exp(random.nextGaussian());
            (i % 2 == 0 ? first : second).add(all[i]);
        }
        first.add(second);
        OrdinaryRows stored = OrdinaryRows.of(first.bytes());
        assertThat(stored.bytes().length).isLessThan(100_000);
        Arrays.sort(all);

        for (double share : new double[] {0.5, 0.9, 0.99, 0.999, 0.9999, 1}) {
            int place = (int) Math.min(all.length - 1, share * all.length);
            double exact = (1.0 + all.length - place) / (all.length + 1);
            assertThat(stored.pValue(all[place])).as("at %s", share).isBetween(exact * (1 - 1e-9), exact * 1.01);
        }
        int exactly = all.length - OrdinaryRows.EXACT + 1;
        assertThat(stored.pValue(all[exactly])).isEqualTo((1.0 + OrdinaryRows.EXACT - 1) / (all.length + 1));
    }

    /** Whatever the distribution: here one with ties, and half of it at one place. */
    @ParameterizedTest
    @ValueSource(doubles = {0.001, 0.01, 0.1})
    void ordinaryRowsThatWereNotCalibratedOnRaiseNoMoreAlarmsThanTheRate(double rate) {
        Random random = new Random(11);
        int trials = 200;
        int each = 500;
        int alarms = 0;
        for (int trial = 0; trial < trials; trial++) {
            OrdinaryRows ordinary = new OrdinaryRows();
            for (int i = 0; i < 1_500; i++) {
                ordinary.add(surprise(random));
            }
            for (int i = 0; i < each; i++) {
                alarms += ordinary.pValue(surprise(random)) <= rate ? 1 : 0;
            }
        }

        // The rows of a trial share a calibration, whose own chance is about that of as many rows.
        double deviation = Math.sqrt(rate / (trials * (double) each) + rate / (trials * 1_500.0));
        assertThat(alarms / (double) (trials * each)).isLessThan(rate + 3 * deviation);
    }

    private static float surprise(Random random) {
        return random.nextBoolean() ? 1 : Math.round(100 * Math.exp(random.nextGaussian())) / 100f;
    }

    @Test
    void aFileGivesBackWhatWasWritten() {
        Map<String, OrdinaryRows> kinds = Map.of("a", rows(1, 2, 3), "b\n\"", rows(5));
        Calibration read = Calibration.read(
                new Configuration(), written(calibration(kinds)).toString());

        assertThat(read.terms()).isEqualTo(TERMS);
        assertThat(read.rows()).isEqualTo(4);
        assertThat(read.pValue("a", 2)).isEqualTo(0.75);
        assertThat(read.pValue("b\n\"", 9)).isEqualTo(0.5);
        assertThat(read.pValue("c", 9)).isNull();
    }

    @Test
    void whatIsKnownOfStreamsComesBackToo() throws IOException {
        StreamRule rule = new StreamRule(StreamsBy.PERPLEXITY, 5);
        Calibration made = new Calibration(TERMS, Map.of("", rows(1)), new OrdinaryStreams(rule, rows(10, 20, 30)));
        Path file = written(made);
        Calibration read = Calibration.read(new Configuration(), file.toString());

        assertThat(read.streams().rule()).isEqualTo(rule);
        assertThat(Calibration.read(new Configuration(), file.toString()).fingerprint())
                .isEqualTo(read.fingerprint())
                .hasSize(16);
        StreamEvidence stream =
                StreamEvidence.NONE.and(new Verdict(5, null, null)).and(new Verdict(20, 0.1, null));
        assertThat(stream.pValue(read.streams(), Math.exp(25))).isEqualTo(0.5);
        assertThat(StreamEvidence.NONE.pValue(read.streams(), 1)).isNull();
        assertThat(stream.pValue(new OrdinaryStreams(new StreamRule(StreamsBy.LARGEST, null), rows(10, 20, 30)), 1))
                .isEqualTo(0.75);
        // Rows alone are what an earlier version reads.
        assertThat(Files.readString(file)).startsWith("{\"calibration\":2");
        assertThat(Files.readString(written(calibration(Map.of("", rows(1)))))).startsWith("{\"calibration\":1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | it has no field \"calibration\"",
                "{\"calibration\":9} | its version is 9, and 1 and 2 are known",
                "PAR1 | is no calibration: ",
                "{\"calibration\":1,\"model\":\"a\",\"sinks\":4,\"window\":1,\"odd_by\":\"mean\",\"kinds\":{\"\":{\"rows\":1,"
                        + "\"sketch\":\"AAAA\"}}} | is no calibration: "
            })
    void aFileThatIsNoneIsRefusedInOneLine(String text, String message) throws IOException {
        String path = Files.writeString(folder.resolve("wrong.json"), text).toString();

        assertThatThrownBy(() -> Calibration.read(new Configuration(), path))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("--calibrate: " + path + " is no calibration: ")
                .hasMessageContaining(message)
                .hasMessageEndingWith("; allowed is a file of --calibration-output")
                .hasMessageNotContaining("\n");
    }

    @Test
    void aCountThatIsNotTheSketchsIsRefused() throws IOException {
        String text = Files.readString(written(calibration(Map.of("", rows(1, 2)))));
        Path file = Files.writeString(folder.resolve("wrong.json"), text.replace("\"rows\":2", "\"rows\":3"));

        assertThatThrownBy(() -> Calibration.read(new Configuration(), file.toString()))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("the sketch of kind \"\" is of 2 rows and not of 3");
    }

    @Test
    void otherTermsAreRefused() {
        Map<CalibrationTerms, String> others = Map.of(
                new CalibrationTerms("other", 4, 1020, "\n", OddBy.MEAN, null), "with another model",
                new CalibrationTerms("abc", 0, 1020, "\n", OddBy.MEAN, null),
                        "--attention-sink-size 4, and this run has 0",
                new CalibrationTerms("abc", 4, 9, "\n", OddBy.MEAN, null),
                        "--attention-sink-window-size 1020, and this run has 9",
                new CalibrationTerms("abc", 4, 1020, "", OddBy.MEAN, null),
                        "--separator \"\\n\", and this run has \"\"",
                new CalibrationTerms("abc", 4, 1020, null, OddBy.MEAN, null),
                        "--tokens \"\\n\", and this run has token ids",
                new CalibrationTerms("abc", 4, 1020, "\n", OddBy.LEVEL, null), "--odd-by mean, and this run has level",
                new CalibrationTerms("abc", 4, 1020, "\n", OddBy.MEAN, "host"), "--kind none, and this run has host");
        others.forEach((terms, message) -> assertThatThrownBy(() -> TERMS.check("file", terms))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(message)
                .hasMessageStartingWith("--calibrate: file was made with "));
        TERMS.check("file", TERMS);
    }

    private static Optional<Judge> judge(Map<String, List<String>> given) {
        return Judge.from(
                SettingValues.resolve(new HashMap<>(given), Map.of()),
                TokenDetails.NONE,
                new Configuration(),
                () -> TERMS);
    }

    @Test
    void settingsThatDoNothingAreRefused() {
        assertThat(judge(Map.of())).isEmpty();
        assertThatThrownBy(() -> judge(Map.of("alarm-rate", List.of("0.1"))))
                .isInstanceOf(UserException.class)
                .hasMessage("--alarm-rate 0.1 does nothing without --calibrate, by which rows are judged");
        for (Map<String, List<String>> shared :
                List.of(Map.of("kind", List.of("host")), Map.of("odd-by", List.of("mean")))) {
            String option = shared.keySet().iterator().next();
            assertThatThrownBy(() -> judge(shared))
                    .isInstanceOf(UserException.class)
                    .hasMessage("--" + option + " does nothing without --calibrate or --calibration-output");
        }
        String path = written(calibration(Map.of("", rows(1, 2, 3)))).toString();
        assertThatThrownBy(() -> judge(
                        Map.of("calibrate", List.of(path), "odd-by", List.of("mean"), "alarm-rate", List.of("0.01"))))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith(
                        "--alarm-rate 0.01: no row could be odd, as " + path + " has no more than 3 rows");
        for (String wrong : List.of("0", "1", "-1", "NaN", "x")) {
            assertThatThrownBy(() -> judge(Map.of("calibrate", List.of(path), "alarm-rate", List.of(wrong))))
                    .isInstanceOf(UserException.class)
                    .hasMessageContaining(
                            "--alarm-rate: \"" + wrong + "\" is wrong; allowed is a number above 0.0 and below 1.0");
        }
    }

    @Test
    void aCalibrationOfNoRowsIsRefused() {
        String path = written(calibration(Map.of("", rows()))).toString();

        assertThatThrownBy(() -> Calibration.read(new Configuration(), path))
                .isInstanceOf(UserException.class)
                .hasMessage("--calibrate: " + path + " is of no rows; nothing can be judged by it");
    }

    @Test
    void kindsThatHaveTooFewRowsForTheRateAreTold() {
        Calibration calibration = calibration(Map.of("a", rows(1, 2, 3), "b", rows(7, 8), "c", rows(1)));

        assertThat(judge(OddBy.MEAN, calibration, 0.25).warning())
                .contains(
                        "--alarm-rate 0.25: no row of these kinds can be odd, which have too few ordinary ones: b, c");
        assertThat(judge(OddBy.MEAN, calibration, 0.5).warning()).isEmpty();
        assertThat(judge(OddBy.MEAN, calibration, null).warning()).isEmpty();
    }

    @Test
    void aRowIsJudgedByItsOwnKind() {
        Judge judge = judge(OddBy.LARGEST, calibration(Map.of("a", rows(1, 2, 3), "b", rows(7, 8, 9))), 0.25);

        assertThat(judge.verdict(row("a"), scored(6))).isEqualTo(new Verdict(6, 0.25, true));
        assertThat(judge.verdict(row("b"), scored(6))).isEqualTo(new Verdict(6, 1.0, false));
        assertThat(judge.verdict(row("c"), scored(6))).isEqualTo(new Verdict(6, null, null));
        assertThat(judge.verdict(row(null), scored(6))).isEqualTo(new Verdict(6, null, null));
        RowOutcome bad = new RowOutcome.Bad(RowProblem.LATE, "late");
        assertThat(judge.verdict(row("a"), bad)).isEqualTo(Verdict.NONE);
    }

    @Test
    void aStreamIsAsOddAsItsOddestRowOfAllOfThem() {
        StreamEvidence stream = StreamEvidence.NONE
                .and(new Verdict(1, 0.5, null))
                .and(Verdict.NONE)
                .and((Verdict) null)
                .and(new Verdict(1, 0.02, null))
                .and(new Verdict(1, 0.1, null));

        assertThat(StreamEvidence.NONE.pValue()).isNull();
        assertThat(stream.pValue()).isEqualTo(0.06);
        assertThat(stream.and(new StreamEvidence(2, 0.01, 3)).pValue()).isEqualTo(0.05);
        assertThat(StreamEvidence.NONE
                        .and(new Verdict(1, 0.7, null))
                        .and(new StreamEvidence(1, 0.6, 1))
                        .pValue())
                .isEqualTo(1);
        assertThat(stream.largest()).isEqualTo(1);
    }

    @Test
    void whatARowIsOddBy() {
        Scored row = scored(1, 3, 8, 0);

        assertThat(Surprise.of(OddBy.MEAN, row, TokenDetails.NONE)).isEqualTo(3);
        assertThat(Surprise.of(OddBy.LARGEST, row, TokenDetails.NONE)).isEqualTo(8);
        assertThat(Surprise.of(OddBy.COMBINED, row, TokenDetails.NONE)).isEqualTo(5);
        assertThat(Surprise.of(OddBy.LEVEL, row, TokenDetails.NONE)).isEqualTo(1);
        assertThat(Surprise.of(OddBy.BEGINNING, row, TokenDetails.NONE)).isEqualTo(12);
    }

    /** The first token of a stream has neither; a likeliest token and its log-probability stand behind rank and entropy. */
    @Test
    void ranksAndEntropiesCountWhereTokensWerePredicted() {
        TokenDetails known = new TokenDetails(true, true, 1);
        double nan = Double.NaN;
        double[] details = {nan, nan, nan, nan, 1, 0.5, 7, -1, 10, 2, 7, -1, 99, 3, 7, -1, 9, 0, 7, -1};
        Scored row = new Scored(5, 4, 12, 9, 99, Math.exp(2), new double[] {nan, 1, 3, 8, 0}, details);

        assertThat(Surprise.of(OddBy.RANK, row, known)).isEqualTo(0.5f);
        assertThat(Surprise.of(OddBy.ENTROPY, row, known)).isEqualTo(3 - 5.5f / 4);
    }

    private static Judge judge(OddBy by, Calibration calibration, Double alarmRate) {
        return new Judge(by, by.details(), "host", calibration, alarmRate);
    }

    private static Row row(String host) {
        return new GenericRowWithSchema(new Object[] {host}, new StructType().add("host", "string"));
    }

    /** Of a stream whose mean so far is 2 nats. */
    private static Scored scored(double... nll) {
        return new Scored(nll.length, nll.length, Arrays.stream(nll).sum(), 9, 99, Math.exp(2), nll, new double[0]);
    }
}
