package io.sinkstream.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.benchmark.SpeedRow.Rate;
import io.sinkstream.benchmark.SpeedRow.Shares;
import io.sinkstream.benchmark.SpeedRow.Work;
import io.sinkstream.settings.TableFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of {@code speed} in each of its formats. */
class SpeedTableTest {
    /** Of 5 rounds: 10, 20, 30, 40 and 100 tokens a second. */
    private static final Rate RATE = Rate.of(new double[] {1, 10 / 20.0, 10 / 30.0, 0.1, 0.25}, 10);

    private static final SpeedPlace PLACE = new SpeedPlace("0af3", "Some Processor", 2);

    private static final SpeedRow ROW = new SpeedRow(
            Work.SCORE,
            "int8",
            1,
            512,
            1024,
            RATE,
            new Shares(0.75, 0.5, 0.25),
            3L << 20,
            Double.NaN,
            Double.NaN,
            Double.NaN,
            PLACE);

    private static final SpeedRow COMPARED = new SpeedRow(
            Work.DECODE, "float32", 1, 1, 4096, RATE, Shares.UNKNOWN, 3L << 20, Double.NaN, Double.NaN, 22.24, PLACE);

    @Test
    void aRateIsTheMedianMeanAndDeviationOfItsRounds() {
        assertThat(RATE.median()).isCloseTo(30, within(1e-9));
        assertThat(RATE.mean()).isCloseTo(40, within(1e-9));
        assertThat(RATE.deviation()).isCloseTo(Math.sqrt(5000 / 4.0), within(1e-9));
        assertThat(RATE.rounds()).isEqualTo(5);
        assertThat(Rate.of(new double[] {0.5}, 10)).isEqualTo(new Rate(20, 20, 0, 1));
    }

    @Test
    void forPeopleAndForMarkdown() {
        List<String> text = SpeedTable.lines(List.of(ROW), TableFormat.TEXT);
        assertThat(text).hasSize(2);
        assertThat(text.get(0)).startsWith("work      dtype      streams");
        assertThat(text.get(1).trim().split(" {2,}"))
                .containsExactly(
                        "score",
                        "int8",
                        "1",
                        "512",
                        "1024",
                        "30.0",
                        "40.0 ± 35.4",
                        "75%",
                        "50%",
                        "25%",
                        "3 MiB",
                        "-",
                        "-");
        assertThat(text.get(1).indexOf("3 MiB") + 5).isEqualTo(text.get(0).indexOf("resident") + 8);

        List<String> markdown = SpeedTable.lines(List.of(ROW.withNll(3, 0.01)), TableFormat.MARKDOWN);
        assertThat(markdown.get(0)).startsWith("| work | dtype | streams | chunk |");
        assertThat(markdown.get(1)).startsWith("|---|---|---:|");
        assertThat(markdown.get(2))
                .isEqualTo(
                        "| score | int8 | 1 | 512 | 1024 | 30.0 | 40.0 ± 35.4 | 75% | 50% | 25% | 3 MiB | +1.000% | - |");
        assertThat(markdown).allSatisfy(line -> assertThat(line.chars().filter(c -> c == '|'))
                .hasSize(14));
    }

    @Test
    void aComparisonHasNoSharesOfTheMachine() {
        assertThat(SpeedTable.lines(List.of(COMPARED), TableFormat.TEXT).get(1).trim())
                .startsWith("decode")
                .endsWith("-         -          -     3 MiB         -    22.2x");
        assertThat(SpeedTable.lines(List.of(COMPARED), TableFormat.CSV).get(1))
                .isEqualTo("decode,float32,1,1,4096,30.0,40.0,35.36,5,,,,3,,,22.24,0af3,Some Processor,2");
        JsonObject row = JsonParser.parseString(
                        String.join("\n", SpeedTable.lines(List.of(COMPARED), TableFormat.JSON)))
                .getAsJsonArray()
                .get(0)
                .getAsJsonObject();
        assertThat(row.get("share_of_limit").isJsonNull()).isTrue();
        assertThat(row.get("speedup").getAsDouble()).isEqualTo(22.24);
    }

    @Test
    void forPrograms() {
        assertThat(SpeedTable.lines(List.of(ROW, ROW.withNll(3, 0.01)), TableFormat.CSV))
                .containsExactly(
                        "work,dtype,streams,chunk,cache,tokens_per_second,mean,deviation,rounds,share_of_limit,"
                                + "share_of_matrix_rate,share_of_bandwidth,resident_mib,nll,nll_price,speedup,model,processor,threads",
                        "score,int8,1,512,1024,30.0,40.0,35.36,5,0.75,0.5,0.25,3,,,,0af3,Some Processor,2",
                        "score,int8,1,512,1024,30.0,40.0,35.36,5,0.75,0.5,0.25,3,3.0,0.01,,0af3,Some Processor,2");

        JsonArray rows = JsonParser.parseString(String.join("\n", SpeedTable.lines(List.of(ROW), TableFormat.JSON)))
                .getAsJsonArray();
        JsonObject row = rows.get(0).getAsJsonObject();
        assertThat(rows).hasSize(1);
        assertThat(String.join(",", row.keySet())).isEqualTo(SpeedTable.header());
        assertThat(row.get("mean").getAsDouble()).isEqualTo(40);
        assertThat(row.get("nll").isJsonNull()).isTrue();
        assertThat(SpeedTable.lines(List.of(), TableFormat.JSON)).containsExactly("[]");
    }
}
