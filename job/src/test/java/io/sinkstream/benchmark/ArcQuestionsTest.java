package io.sinkstream.benchmark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.UserException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Questions in ARC's layout. */
class ArcQuestionsTest {
    private static final String LINE =
            """
            {"id":"MCAS_8","question":{"stem":"Which is hot?","choices":[{"text":"ice","label":"A"},\
            {"text":"fire","label":"B"}]},"answerKey":"B"}
            """;

    @Test
    void questionsStandOneAfterTheOther() {
        assertThat(ArcQuestions.read(LINE + "\n" + LINE.replace("MCAS_8", "next"), 9))
                .containsExactly(
                        new Question("Question: Which is hot?\nA. ice\nB. fire\nAnswer:", " B", "MCAS_8"),
                        new Question("\n\nQuestion: Which is hot?\nA. ice\nB. fire\nAnswer:", " B", "next"));
        assertThat(ArcQuestions.read(LINE + LINE, 1)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            "answerKey":"B"     | "answerKey":"C"   | answerKey C is none of the labels [A, B]
            "stem":             | "root":           | stem is missing
            "label":"A"         | "name":"A"        | label is missing
            "choices":[         | "choices":7,"x":[ |
            {"id"               | "id"              |
            """)
    void aLineThatIsNoneIsTold(String was, String is, String problem) {
        String line = LINE.replace(was, is);
        assertThat(line).isNotEqualTo(LINE);

        assertThatThrownBy(() -> ArcQuestions.read(LINE + line, 9))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("--input: line 2 is no question of ARC")
                .hasMessageContaining(problem == null ? "" : problem);
    }

    @Test
    void noLinesAreNoQuestions() {
        assertThatThrownBy(() -> ArcQuestions.read("\n \n", 9)).hasMessage("--input: there are no questions");
    }
}
