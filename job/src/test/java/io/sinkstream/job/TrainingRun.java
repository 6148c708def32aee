package io.sinkstream.job;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/** A text that is quickly learned, and a command that learns it. */
final class TrainingRun {
    private static final int KEYS = 8;
    private static final int ROWS = 150;
    private static final String[] WORDS = {"started", "finished", "failed", "waits for", "sends to", "hears from"};

    private TrainingRun() {}

    /** Log lines of some keys, as JSON lines. */
    static Path text(Path file) throws IOException {
        Random random = new Random(7);
        List<String> lines = new ArrayList<>();
        for (int seq = 0; seq < ROWS; seq++) {
            for (int key = 0; key < KEYS; key++) {
                lines.add(String.format(
                        Locale.ROOT,
                        "{\"key\": \"k%d\", \"seq\": %d, \"text\": \"INFO worker-%d %s task %d\"}",
                        key,
                        seq,
                        key,
                        WORDS[random.nextInt(WORDS.length)],
                        random.nextInt(10)));
            }
        }
        return Files.write(file, lines);
    }

    /** The command, for so many steps, with {@code more} options, which win: {@code --name value}. */
    static List<String> train(Path input, Path output, int steps, String... more) {
        List<String> options = new ArrayList<>(List.of("--layers", "2", "--hidden-size", "32", "--heads", "2"));
        options.addAll(List.of("--key-value-heads", "1", "--vocabulary", "300"));
        options.addAll(List.of(more));
        return goOn(input, output, steps, options.toArray(String[]::new));
    }

    /** The same without a word of what the model is. */
    static List<String> goOn(Path input, Path output, int steps, String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--input", input.toString());
        options.put("--output", output.toString());
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put("--steps", "" + steps);
        options.put("--device", "cpu");
        options.put("--context", "32");
        options.put("--dtype", "float32");
        options.put("--warmup", "5");
        options.put("--learning-rate", "1e-2");
        options.put("--validation", "0.1");
        for (int i = 0; i < more.length; i += 2) {
            options.put(more[i], more[i + 1]);
        }
        List<String> command = new ArrayList<>(List.of("train"));
        options.forEach((name, value) -> command.addAll(List.of(name, value)));
        return command;
    }
}
