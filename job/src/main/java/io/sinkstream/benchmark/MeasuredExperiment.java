package io.sinkstream.benchmark;

import io.sinkstream.settings.Experiment;
import io.sinkstream.settings.UserException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * What one experiment measured, token by token: the columns of attention_sinks' benchmark (benchmark/perplexity.py), of
 * which a plot needs these. All arrays are as long as the experiment.
 *
 * @param name of the file, which is the experiment's
 * @param lengths of the input, tokens, ascending
 * @param perplexities of all tokens so far; infinite where it left the numbers
 * @param memories of the GPU, GiB
 * @param latencies seconds a token
 */
record MeasuredExperiment(String name, double[] lengths, double[] perplexities, double[] memories, double[] latencies) {
    /** In the order in which they are drawn and told; any other comes behind them. */
    private static final List<String> KNOWN =
            Stream.of(Experiment.values()).map(PerplexityExperiments::name).toList();

    private static final List<String> COLUMNS =
            List.of("input_length", "overall_ppl", "cuda_vram_allocated", "latency");

    private static final String SUFFIX = ".csv";

    /** All of a folder, the known ones first. There is at least one. */
    static List<MeasuredExperiment> readAll(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            List<MeasuredExperiment> all = files.filter(
                            file -> file.getFileName().toString().endsWith(SUFFIX))
                    .map(MeasuredExperiment::read)
                    .sorted(Comparator.comparingInt((MeasuredExperiment one) -> rank(one.name))
                            .thenComparing(MeasuredExperiment::name))
                    .toList();
            if (all.isEmpty()) {
                throw new UserException(folder + " holds no EXPERIMENT.csv to draw");
            }
            return all;
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw new UserException(folder + " is no folder", e);
        } catch (IOException e) {
            throw new UserException(folder + " can't be listed: " + e.getMessage(), e);
        }
    }

    private static int rank(String name) {
        return KNOWN.contains(name) ? KNOWN.indexOf(name) : KNOWN.size();
    }

    private static MeasuredExperiment read(Path file) {
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            String header = lines.readLine();
            if (header == null) {
                throw new UserException(
                        file + " is empty; its first line has to name the columns " + String.join(", ", COLUMNS));
            }
            int[] places = places(file, Arrays.asList(header.split(",", -1)));
            DoubleStream.Builder[] columns =
                    Stream.generate(DoubleStream::builder).limit(COLUMNS.size()).toArray(DoubleStream.Builder[]::new);
            int number = 1;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                String[] cells = line.split(",", -1);
                for (int column = 0; column < places.length; column++) {
                    String cell = places[column] < cells.length ? cells[places[column]] : "";
                    columns[column].add(number(cell, file, number, COLUMNS.get(column)));
                }
            }
            if (number == 1) {
                throw new UserException(file + " has no rows");
            }
            double[][] values =
                    Stream.of(columns).map(column -> column.build().toArray()).toArray(double[][]::new);
            String name = file.getFileName().toString();
            return new MeasuredExperiment(
                    name.substring(0, name.length() - SUFFIX.length()), values[0], values[1], values[2], values[3]);
        } catch (MalformedInputException e) {
            throw new UserException(file + " is no text in UTF-8", e);
        } catch (IOException e) {
            throw new UserException(file + " can't be read: " + e.getMessage(), e);
        }
    }

    private static int[] places(Path file, List<String> header) {
        return COLUMNS.stream()
                .mapToInt(column -> {
                    int place = header.indexOf(column);
                    if (place < 0) {
                        throw new UserException(file + " has no column " + column + "; it has " + header
                                + ", and a plot needs " + COLUMNS);
                    }
                    return place;
                })
                .toArray();
    }

    /** Python writes an infinite one as {@code inf}. */
    private static double number(String cell, Path file, int line, String column) {
        String text = cell.strip();
        if (text.equals("inf")) {
            return Double.POSITIVE_INFINITY;
        }
        try {
            double number = Double.parseDouble(text);
            if (!Double.isNaN(number)) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below, as NaN is.
        }
        throw new UserException(
                file + ", line " + line + ": " + column + " is \"" + text + "\", which is no number to draw");
    }
}
