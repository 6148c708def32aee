package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import io.sinkstream.testing.PlainDecoder;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code sinks} and {@code attention-map} on a tiny model, against the plain decoder. */
class SinksCommandTest {
    private static final double SAME = 1e-4;

    @TempDir
    private Path folder;

    private Path model;
    private Path input;
    private int[] ids;
    private PlainDecoder plain;

    @BeforeEach
    void write() throws IOException {
        model = Streams.model(folder.resolve("model"));
        String text = new Random(3)
                .ints(100, 'a', 'z' + 1)
                .mapToObj(Character::toString)
                .collect(Collectors.joining());
        input = Files.writeString(folder.resolve("text.txt"), text);
        ids = Streams.ids(List.of(text), "");
        plain = PlainDecoder.load(model);
    }

    private Command run(String command, String... more) {
        return Command.run(
                List.of(command),
                Map.of(
                        "--model", model.toString(),
                        "--weight-memory", "1",
                        "--input", input.toString(),
                        "--output-dir", folder.resolve("out").toString()),
                more);
    }

    private List<String[]> table(String name, String header) throws IOException {
        List<String> lines = Files.readAllLines(folder.resolve("out/" + name));
        assertThat(lines.get(0)).isEqualTo(header);
        return lines.stream().skip(1).map(line -> line.split(",", -1)).toList();
    }

    /** As many excerpts, each with the BOS in front. */
    private List<int[]> excerpts(int tokens, int count) {
        List<int[]> all = new ArrayList<>();
        for (int from = 1; from + tokens - 1 <= ids.length; from += tokens - 1) {
            int begin = from;
            all.add(IntStream.range(0, tokens)
                    .map(i -> i == 0 ? ids[0] : ids[begin + i - 1])
                    .toArray());
        }
        return IntStream.range(0, count)
                .mapToObj(i -> all.get(i * all.size() / count))
                .toList();
    }

    @Test
    void perplexitiesAndAttentionAreThoseOfThePlainDecoder() throws IOException {
        Command ran = run("sinks", "--window-size", "24", "--excerpts", "3", "--excerpt-tokens", "12");

        String out = ran.succeeded().out();
        List<String[]> rows = table("sinks.csv", "sinks,window,tokens,nll,ppl,ppl_after_cache_filled");
        assertThat(rows).extracting(row -> row[0]).containsExactly("0", "1", "2", "4", "8");
        double least = Double.POSITIVE_INFINITY;
        for (String[] row : rows) {
            double[] nll = plain.nll(ids, Integer.parseInt(row[0]), Integer.parseInt(row[1]));
            assertThat(Integer.parseInt(row[0]) + Integer.parseInt(row[1])).isEqualTo(24);
            assertThat(Double.parseDouble(row[3]))
                    .isCloseTo(Arrays.stream(nll).average().orElseThrow(), within(SAME));
            double after = Math.exp(Arrays.stream(nll, 24, nll.length).average().orElseThrow());
            assertThat(Double.parseDouble(row[5])).isCloseTo(after, within(after * SAME));
            least = Math.min(least, after);
            assertThat(folder.resolve("out/" + row[0] + "+" + row[1] + ".csv")).exists();
        }
        double most = 1.01 * least;
        String fewest = rows.stream()
                .filter(row -> Double.parseDouble(row[5]) <= most)
                .findFirst()
                .orElseThrow()[0];
        assertThat(out).contains("Recommended: --attention-sink-size " + fewest + ",");

        List<String[]> heads = table(
                "sink_attention.csv",
                "layer,head,token_0,token_1,token_2,token_3,token_4,token_5,token_6,token_7,is_sink");
        assertThat(heads).hasSize(3 * 4);
        double[][][] received = received(excerpts(12, 3), 12);
        int sinks = 0;
        for (String[] head : heads) {
            double[] expected = received[Integer.parseInt(head[0])][Integer.parseInt(head[1])];
            for (int token = 0; token < 8; token++) {
                assertThat(Double.parseDouble(head[2 + token])).isCloseTo(expected[token], within(SAME));
            }
            assertThat(head[10]).isEqualTo("" + (expected[0] > 0.3));
            sinks += expected[0] > 0.3 ? 1 : 0;
        }
        assertThat(out).contains(String.format("%.1f %% of the heads are sinks", 100.0 * sinks / heads.size()));
    }

    /** Each token's mean share of the attention of the queries that see it. */
    private double[][][] received(List<int[]> texts, int tokens) {
        double[][][] received = new double[plain.layers()][4][tokens];
        for (int[] text : texts) {
            PlainDecoder.Stream stream = plain.stream(0, tokens);
            for (int query = 0; query < tokens; query++) {
                stream.step(text[query]);
                for (int layer = 0; layer < received.length; layer++) {
                    for (int head = 0; head < 4; head++) {
                        for (int key = 0; key <= query; key++) {
                            received[layer][head][key] +=
                                    stream.attentionWeights(layer)[head][key] / (tokens - key) / texts.size();
                        }
                    }
                }
            }
        }
        return received;
    }

    @ParameterizedTest
    @CsvSource({"1200,800,'0,1,2','0,1,2,3'", "600,400,'0,2',0", "600,400,1,3"})
    void mapsShowWhatTheTableHas(int width, int height, String layers, String heads) throws Exception {
        Command ran = run(
                "attention-map",
                "--excerpts",
                "4",
                "--draw-layers",
                layers,
                "--draw-heads",
                heads,
                "--picture-size",
                width + "x" + height,
                "--title",
                "A title");

        assertThat(ran.succeeded().out()).contains("4 excerpts of 16 tokens, 3 layers of 4 heads");
        List<String[]> rows = table("attention.csv", "layer,head,query,key,logit,weight");
        assertThat(rows).hasSize(3 * 4 * 16 * 17 / 2);
        double[] expected = new double[2];
        for (int[] text : excerpts(16, 4)) {
            PlainDecoder.Stream stream = plain.stream(0, 16);
            for (int token : text) {
                stream.step(token);
            }
            expected[0] += stream.attentionLogits(2)[3][0] / 4;
            expected[1] += stream.attentionWeights(2)[3][0] / 4;
        }
        String[] row = rows.stream()
                .filter(one -> String.join(",", one).startsWith("2,3,15,0,"))
                .findFirst()
                .orElseThrow();
        assertThat(Double.parseDouble(row[4])).isCloseTo(expected[0], within(SAME));
        assertThat(Double.parseDouble(row[5])).isCloseTo(expected[1], within(SAME));
        BufferedImage image = ImageIO.read(folder.resolve("out/attention.png").toFile());
        assertThat(image.getWidth()).isEqualTo(width);
        assertThat(image.getHeight()).isEqualTo(height);
        assertThat(reds(image)).isPositive();
        assertThat(blues(image)).isPositive();
        assertThat(Files.readString(folder.resolve("out/attention.svg"))).contains("A title", "layer ", "logit, nats");
    }

    private static long reds(BufferedImage image) {
        return pixels(image)
                .filter(pixel -> (pixel >> 16 & 0xFF) > (pixel & 0xFF) + 80)
                .count();
    }

    private static long blues(BufferedImage image) {
        return pixels(image)
                .filter(pixel -> (pixel & 0xFF) > (pixel >> 16 & 0xFF) + 80)
                .count();
    }

    private static IntStream pixels(BufferedImage image) {
        return Arrays.stream(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "attention-map;--draw-layers 3;--draw-layers: there is no 3; the model has 3 layers, from 0 to 2",
                "attention-map;--draw-heads 4;--draw-heads: there is no 4; the model has 4 heads, from 0 to 3",
                "attention-map;--excerpt-tokens 128;--excerpt-tokens: no text has 128 tokens; give a longer one, or less",
                "attention-map;--excerpt-tokens 1;--excerpt-tokens: \"1\" is wrong; allowed is a whole number from 2 to 128",
                "sinks;--window-size 8;--window-size: 8 leaves no window beside 8 sinks; allowed is more than that",
                "sinks;--window-size 200 --excerpt-tokens 8;--num-tokens: 100 tokens do not fill a cache of 200, so that no sink is",
            })
    void whatCantBeLookedAt(String command, String options, String message) {
        assertThat(run(command, options.split(" ")).refusal()).startsWith("sinkstream " + command + ": " + message);
    }

    @Test
    void whatIsThereIsNotOverwritten() throws IOException {
        Files.createDirectories(folder.resolve("out"));
        Path there = Files.writeString(folder.resolve("out/attention.csv"), "mine");
        assertThat(run("attention-map").refusal())
                .isEqualTo(
                        "sinkstream attention-map: --output-dir: " + there + " exists; remove it, or give --overwrite");
        assertThat(there).hasContent("mine");
        run("attention-map", "--excerpts", "1", "--overwrite").succeeded();
        assertThat(Files.readString(there)).startsWith("layer,head,query,key,logit,weight\n");
    }

    @ParameterizedTest
    @CsvSource({
        "attention-map, attention.csv, --excerpts 1",
        "sinks, sinks.csv, --window-size 16",
        "sinks, 4+12.csv, --window-size 16",
        "perplexity, windowed.csv, --experiment windowed",
        "perplexity, windowed/log.txt, --experiment windowed"
    })
    void anInputIsNotOverwrittenEither(String command, String name, String options) throws IOException {
        Path there = folder.resolve("out").resolve(name);
        Files.createDirectories(there.getParent());
        Files.copy(input, there);
        String more = options + " --overwrite --format text --input " + there;

        assertThat(run(command, more.split(" ")).refusal())
                .startsWith("sinkstream " + command + ": --output-dir: ")
                .contains(there.toUri().getPath())
                .endsWith("are the same or one lies in the other; give another path");
        assertThat(there).hasSameTextualContentAs(input);
    }
}
