package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Command;
import io.sinkstream.testing.Shared;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;

/** Pictures of what experiments measured, and the files of which none can be made. */
final class PlotCommandTest {
    private static final String HEADER = "input_length,nll,ppl,overall_ppl,cuda_vram_allocated,latency";

    /** Of the order in which experiments are drawn. */
    private static final List<Integer> COLORS = List.of(0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00);

    /** A curve alone has more pixels in its colour than the legend's sample. */
    private static final int LEGEND_PIXELS = 300;

    /** Of the sums of red, green and blue; the curves' colours are further apart. */
    private static final int NEAR = 120;

    @TempDir
    private Path folder;

    private static void write(Path file, int tokens, double nats) throws IOException {
        List<String> lines = new ArrayList<>(List.of(HEADER));
        for (int i = 1; i <= tokens; i++) {
            lines.add(String.format(
                    Locale.ROOT,
                    "%d,%f,%f,%f,%f,%f",
                    i,
                    nats,
                    Math.exp(nats),
                    Math.exp(nats + 3.0 / i),
                    nats,
                    nats / 50));
        }
        Files.write(file, lines);
    }

    /** Pixels of about that colour: the edges of a thin line are blended with the white beside it. */
    private static long pixels(BufferedImage image, int color) {
        return pixels(image, color, NEAR);
    }

    private static long pixels(BufferedImage image, int color, int near) {
        return IntStream.range(0, image.getWidth() * image.getHeight())
                .map(i -> image.getRGB(i % image.getWidth(), i / image.getWidth()))
                .filter(pixel -> distance(pixel, color) < near)
                .count();
    }

    private static int distance(int pixel, int color) {
        return IntStream.of(0, 8, 16)
                .map(shift -> Math.abs((pixel >> shift & 0xFF) - (color >> shift & 0xFF)))
                .sum();
    }

    @ParameterizedTest
    @CsvSource({"1, 1200, 800", "1, 600, 400", "5, 1200, 800", "5, 600, 400"})
    void eachExperimentIsACurveInEachPanel(int experiments, int width, int height) throws Exception {
        List<String> names = List.of("attention_sinks", "transformers", "windowed", "recomputation", "absolute")
                .subList(0, experiments);
        for (String name : names) {
            write(folder.resolve(name + ".csv"), 5000, 2 + names.indexOf(name) * 0.4);
        }

        Command ran = Command.alone(
                "plot", "--output-dir", folder.toString(), "--picture-size", width + "x" + height, "--title", "Names");

        assertThat(ran.succeeded().out()).contains(String.join(", ", names), "plot.png", "plot.svg");
        BufferedImage image = ImageIO.read(folder.resolve("plot.png").toFile());
        assertThat(image.getWidth()).isEqualTo(width);
        assertThat(image.getHeight()).isEqualTo(height);
        for (int panel = 0; panel < 3; panel++) {
            BufferedImage part = image.getSubimage(0, panel * (height / 3), width, height / 3 - 30);
            for (int color : COLORS.subList(0, experiments)) {
                assertThat(pixels(part, color))
                        .as("panel %d, colour %06x", panel, color)
                        .isGreaterThan(width / 5);
            }
            for (int color : COLORS.subList(experiments, COLORS.size())) {
                assertThat(pixels(part, color, 1)).isZero();
            }
        }
        DocumentBuilderFactory parsers = DocumentBuilderFactory.newInstance();
        parsers.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
        Document svg =
                parsers.newDocumentBuilder().parse(folder.resolve("plot.svg").toFile());
        assertThat(svg.getDocumentElement().getAttribute("width")).isEqualTo("" + width);
        assertThat(svg.getDocumentElement().getTextContent()).contains(names).contains("Names");
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama_2_7b", "pythia_6.9b"})
    void whatAttentionSinksMeasured(String model) throws Exception {
        try (Stream<Path> files = Files.list(Shared.require("data/attention_sinks_outputs/" + model))) {
            for (Path file : files.toList()) {
                Files.copy(file, folder.resolve(file.getFileName().toString()));
            }
        }

        Command.alone("plot", "--output-dir", folder.toString(), "--features", "perplexity", "latency")
                .succeeded();

        BufferedImage image = ImageIO.read(folder.resolve("plot.png").toFile());
        COLORS.subList(0, 3).forEach(color -> assertThat(pixels(image, color)).isGreaterThan(LEGEND_PIXELS));
    }

    @Test
    void aPerplexityThatExplodesLeavesThePicture() throws Exception {
        write(folder.resolve("attention_sinks.csv"), 1000, 2);
        List<String> lines = new ArrayList<>(List.of(HEADER));
        for (int i = 1; i <= 1000; i++) {
            lines.add(i + ",30,inf," + (i < 500 ? "10" : "inf") + ",1,0.1");
        }
        Files.write(folder.resolve("windowed.csv"), lines);

        Command.alone("plot", "--output-dir", folder.toString(), "--features", "perplexity")
                .succeeded();

        BufferedImage image = ImageIO.read(folder.resolve("plot.png").toFile());
        assertThat(pixels(image, COLORS.get(0))).isGreaterThan(LEGEND_PIXELS);
        assertThat(pixels(image, COLORS.get(1))).isGreaterThan(LEGEND_PIXELS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "input_length,overall_ppl,latency\\n1,2,3 | has no column cuda_vram_allocated",
                "input_length,overall_ppl,cuda_vram_allocated,latency | has no rows",
                "input_length,overall_ppl,cuda_vram_allocated,latency\\n1,2,3,0.1\\n2,nan,3,0.1 | line 3: overall_ppl is",
                "input_length,overall_ppl,cuda_vram_allocated,latency\\n1,2,3 | line 2: latency is",
                "'' | is empty",
            })
    void aFileOfWhichNoCurveCanBeMade(String text, String expected) throws Exception {
        Path file = Files.writeString(folder.resolve("windowed.csv"), text.replace("\\n", "\n"));

        Command ran = Command.alone("plot", "--output-dir", folder.toString(), "--skip-first", "0");

        assertThat(ran.refusal()).contains(file.toString(), expected);
        assertThat(folder.resolve("plot.png")).doesNotExist();
    }

    @Test
    void nothingToDraw() throws Exception {
        assertThat(Command.alone("plot", "--output-dir", folder.toString()).refusal())
                .contains(folder.toString(), "no EXPERIMENT.csv");
        assertThat(Command.alone("plot", "--output-dir", folder.resolve("none").toString())
                        .refusal())
                .contains("is no folder");
        write(folder.resolve("windowed.csv"), 50, 1);
        assertThat(Command.alone("plot", "--output-dir", folder.toString()).refusal())
                .contains("--skip-first: windowed has 50 tokens");
        assertThat(Command.alone("plot", "--output-dir", folder.toString(), "--features", "memory")
                        .refusal())
                .contains("--features", "memory", "perplexity, vram or latency");
    }
}
