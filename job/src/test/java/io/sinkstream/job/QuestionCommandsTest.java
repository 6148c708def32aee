package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Command;
import io.sinkstream.harness.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code streameval} and {@code arc}: what they tell and write, and what they refuse. */
class QuestionCommandsTest {
    private static final String ALL = "attention_sinks,transformers,windowed,recomputation,absolute";

    @TempDir
    private static Path shared;

    private static Path model;

    @TempDir
    private Path folder;

    @BeforeAll
    static void writeModel() throws IOException {
        model = Streams.model(shared.resolve("model"));
    }

    private static Command ask(String command, String... more) {
        Map<String, String> options = new LinkedHashMap<>();
        options.put("--model", model.toString());
        options.put("--window-size", "64");
        options.put("--weight-memory", "1");
        return Command.run(List.of(command), options, more);
    }

    private Path arc() throws IOException {
        return Files.writeString(
                folder.resolve("arc.jsonl"),
                """
                {"id":"hot","question":{"stem":"Hot?","choices":[{"text":"ice, or snow","label":"A"},{"text":"fire","label":"B"}]},"answerKey":"B"}
                {"question":{"stem":"Cold?","choices":[{"text":"ice","label":"1"},{"text":"fire","label":"2"}]},"answerKey":"1"}
                """);
    }

    @Test
    void streamEvalTellsEachExperimentAtEachDistance() throws IOException {
        Path output = folder.resolve("answers.csv");

        Command run = ask(
                        "streameval",
                        "--experiment",
                        ALL,
                        "--distance",
                        "5,12",
                        "--num-questions",
                        "3",
                        "--output",
                        output.toString())
                .succeeded();

        List<String> told = run.out().lines().toList();
        assertThat(told.get(0)).contains("experiment", "lines back", "tokens back", "questions", "right", "accuracy");
        // Bytes are tokens: five lines of 44 to 46 bytes, and the question for each ten lines.
        assertThat(told.get(1)).matches(" *attention_sinks +5 +2\\d\\d +3 +[0-3] +\\d+\\.\\d%");
        assertThat(told).hasSize(1 + 2 * 5 + 1);
        assertThat(run.err()).contains("asking in 10 streams");
        List<String> answers = Files.readAllLines(output);
        assertThat(answers.get(0)).isEqualTo("experiment,distance,subject,expected,given,right");
        assertThat(String.join("\n", answers))
                .containsPattern("\nattention_sinks,5,line 0,<\\d+>,")
                .containsPattern("\nabsolute,12,line 20,<\\d+>,");
        assertThat(ask("streameval", "--output", output.toString()).refusal())
                .contains("--output: " + output + " exists");
    }

    @Test
    void arcIsAskedInAStreamAndOneByOne() throws IOException {
        Path output = folder.resolve("answers.csv");

        Command run = ask(
                        "arc",
                        "--input",
                        arc().toString(),
                        "--experiment",
                        "attention_sinks,recomputation",
                        "--output",
                        output.toString())
                .succeeded();

        assertThat(run.out()
                        .lines()
                        .skip(1)
                        .map(line -> line.strip().replaceAll(" .*", ""))
                        .toList())
                .startsWith("one_by_one", "attention_sinks", "recomputation");
        List<String> answers = Files.readAllLines(output);
        assertThat(answers).anyMatch(line -> line.startsWith("one_by_one,0,hot,B,"));
        assertThat(answers).anyMatch(line -> line.startsWith("attention_sinks,0,line 2,1,"));
        // The first question has nothing before it either way.
        List<String> first = answers.stream()
                .filter(line -> line.contains(",hot,"))
                .map(line -> line.replaceFirst("^\\w+,", ""))
                .distinct()
                .toList();
        assertThat(first).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            streameval | --distance 0                  | --distance: "0" is wrong
            streameval | --num-questions 0             | --num-questions: "0" is wrong
            streameval | --experiment windowed,windowed| --experiment: one is named twice
            streameval | --window-size 4               | --window-size: 4 leaves no window
            arc        | --input nowhere.jsonl         | --input: nowhere.jsonl is no text file
            arc        | --num-questions 3             | --input is missing
            """)
    void whatCanBeMendedIsToldInOneLine(String command, String more, String told) {
        assertThat(ask(command, more.split(" +")).refusal()).contains(told);
    }

    @Test
    void aModelThatReadsNoTextIsRefused() throws IOException {
        Path mute = Streams.model(folder.resolve("mute"));
        Files.delete(mute.resolve("tokenizer.json"));

        assertThat(ask("streameval", "--model", mute.toString()).refusal())
                .contains("--model: " + mute + " has no tokenizer.json");
    }
}
