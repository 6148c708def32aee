package io.sinkstream.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of segments that run at a time come to the file of one that runs alone, wherever it is cut off. */
class OrderedRowsTest {
    private static final int COUNT = 100;
    private static final Map<String, String> TERMS = Map.of("model", "m");

    @TempDir
    private Path folder;

    private static double nll(int prediction) {
        return 1 + prediction / 7.0;
    }

    private static ExperimentBlock.Measured rows(int from, int to) {
        double[] numbers =
                IntStream.range(from, to).mapToDouble(OrderedRowsTest::nll).toArray();
        return new ExperimentBlock.Measured(numbers, numbers.clone(), numbers.clone(), 0, null);
    }

    private String csv(String name) throws IOException {
        return Files.readString(folder.resolve(name + ".csv"));
    }

    private String undisturbed() throws IOException {
        ExperimentFiles files = new ExperimentFiles(folder, "alone", 1);
        files.begin(TERMS);
        new OrderedRows(files, List.of(new Segment(0, COUNT)), 10, 1).add(0, rows(0, COUNT));
        return csv("alone");
    }

    /** Adds blocks of segments in a random order, and every few of them goes on from the files alone, cut off somewhere. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void blocksInAnyOrderWithKillsBetweenThem(int seed) throws IOException {
        String wanted = undisturbed();
        Random random = new Random(seed);
        ExperimentFiles files = new ExperimentFiles(folder, "split", 1);
        files.begin(TERMS);
        List<Segment> segments = Segment.cut(COUNT, 1 + random.nextInt(8), random.nextInt(3));
        OrderedRows rows = new OrderedRows(files, segments, 10, 1);
        while (rows.done() < COUNT) {
            int segment = random.nextInt(segments.size());
            int from = rows.next(segment);
            int to = Math.min(segments.get(segment).to(), from + 1 + random.nextInt(9));
            if (from < to) {
                rows.add(segment, rows(from, to));
            }
            if (random.nextInt(4) == 0) {
                cutOff(random);
                rows = new OrderedRows(files, segments, 10, 1);
                rows.resume(files.resume(TERMS));
            }
        }

        assertThat(csv("split")).isEqualTo(wanted);
        assertThat(Files.readString(folder.resolve("split/log.txt")))
                .isEqualTo(Files.readString(folder.resolve("alone/log.txt")));
        assertThat(Files.readString(folder.resolve("split/ppl.txt")))
                .isEqualTo(Files.readString(folder.resolve("alone/ppl.txt")));
        assertThat(rows.nll())
                .isCloseTo(
                        IntStream.range(0, COUNT)
                                .mapToDouble(OrderedRowsTest::nll)
                                .average()
                                .orElseThrow(),
                        within(1e-9));
        assertThat(rows.beyond()).isEqualTo(COUNT - 10);
        assertThat(waiting()).isEmpty();
    }

    /** A kill leaves files that end anywhere: in front of their first row, or in the midst of one. */
    private void cutOff(Random random) throws IOException {
        for (Path file : Stream.concat(Stream.of(folder.resolve("split.csv")), waiting().stream())
                .toList()) {
            long size = Files.size(file);
            try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
                channel.truncate(size - random.nextLong(Math.min(size, 60)));
            }
        }
    }

    private List<Path> waiting() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("split"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("from-"))
                    .toList();
        }
    }

    @Test
    void rowsThatWaitAtOtherCutsAreMeasuredAnew() throws IOException {
        ExperimentFiles files = new ExperimentFiles(folder, "split", 1);
        files.begin(TERMS);
        new OrderedRows(files, Segment.cut(COUNT, 2, 0), 10, 1).add(1, rows(50, 60));
        assertThat(waiting()).hasSize(1);

        OrderedRows rows = new OrderedRows(files, Segment.cut(COUNT, 3, 0), 10, 1);
        rows.resume(files.resume(TERMS));

        assertThat(rows.done()).isZero();
        assertThat(waiting()).isEmpty();
    }

    @Test
    void aWaitingRowOutOfItsPlaceIsRefused() throws IOException {
        ExperimentFiles files = new ExperimentFiles(folder, "split", 1);
        files.begin(TERMS);
        List<Segment> segments = Segment.cut(COUNT, 2, 0);
        new OrderedRows(files, segments, 10, 1).add(1, rows(50, 60));
        Path file = waiting().get(0);
        Files.writeString(file, Files.readString(file).replace("\n52,", "\n53,"));

        assertThatThrownBy(() -> new OrderedRows(files, segments, 10, 1).resume(files.resume(TERMS)))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("from-51.csv: \"53,")
                .hasMessageEndingWith("is no row of input_length 52");
    }
}
