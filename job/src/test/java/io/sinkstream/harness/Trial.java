package io.sinkstream.harness;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An input as people have it, and what has to become of it.
 *
 * @param name what is odd about it
 * @param files writes it into an empty folder
 * @param input where it is in that folder, as {@code --input} has it; empty for the folder
 * @param options of the command, beside where things are; those of {@code stream score} alone begin with {@code stream:}
 * @param scored what comes of it when it is scored
 * @param streamed what comes of it as an endless stream
 */
public record Trial(
        String name, Files files, String input, Map<String, String> options, Outcome scored, Outcome streamed) {
    private static final String STREAM = "stream:";

    /** Writes files. */
    public interface Files {
        void into(Path folder) throws IOException;
    }

    /** One of three; there is no fourth. */
    public sealed interface Outcome {
        /**
         * All rows come out, exit code 0: good ones with the numbers of their streams, bad ones with an error each.
         *
         * @param streams the texts of each key's good rows, in their order
         * @param errors the beginning of each bad row's error, in any order
         */
        record Rows(Map<String, List<String>> streams, List<String> errors) implements Outcome {
            /** The same with bad rows beside the good ones. */
            public Rows and(String... bad) {
                List<String> all = new ArrayList<>(errors);
                all.addAll(List.of(bad));
                return new Rows(streams, all);
            }
        }

        /** One line, exit code 2, and no row: with these words. */
        record Refused(List<String> words) implements Outcome {}

        static Rows rows(Map<String, List<String>> streams) {
            return new Rows(streams, List.of());
        }

        static Refused refused(String... words) {
            return new Refused(List.of(words));
        }
    }

    /** A trial whose input is the folder, read as JSON lines of key, seq and text. */
    public static Trial of(String name, Files files) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--format", "json");
        options.put("--key", "key");
        options.put("--order", "seq");
        options.put(STREAM + "--schema", "key STRING, seq BIGINT, text STRING");
        return new Trial(name, files, "", options, null, null);
    }

    /** The same at this place in the folder. */
    public Trial at(String place) {
        return new Trial(name, files, place, options, scored, streamed);
    }

    /** The same with this option; a null takes one away. */
    public Trial with(String option, String value) {
        Map<String, String> more = new LinkedHashMap<>(options);
        if (value == null) {
            more.remove(option);
        } else {
            more.put(option, value);
        }
        return new Trial(name, files, input, more, scored, streamed);
    }

    /** The same with this option for {@code stream score} alone. */
    public Trial streamedWith(String option, String value) {
        return with(STREAM + option, value);
    }

    /** The same with this outcome of both commands. */
    public Trial gives(Outcome outcome) {
        return gives(outcome, outcome);
    }

    /** The same with an outcome of each. */
    public Trial gives(Outcome ofScore, Outcome ofStream) {
        return new Trial(name, files, input, options, ofScore, ofStream);
    }

    /** The options of one of the commands. */
    public Map<String, String> optionsOf(boolean isStream) {
        Map<String, String> own = new LinkedHashMap<>();
        options.forEach((option, value) -> {
            if (!option.startsWith(STREAM)) {
                own.putIfAbsent(option, value);
            } else if (isStream) {
                own.put(option.substring(STREAM.length()), value);
            }
        });
        return own;
    }

    @Override
    public String toString() {
        return name;
    }
}
