package io.sinkstream.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.checkpoint.ChatSource;
import io.sinkstream.settings.UserException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChatTurnsTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-05T07:08:09Z"), ZoneOffset.UTC);

    private static ChatSource source(String template) {
        return new ChatSource(template, "model/chat_template.jinja:", Map.of("bos_token", "<s>", "eos_token", "</s>"));
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = ChatTurnsTest.class.getResourceAsStream("templates/" + name + ".jinja")) {
            return new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** A stream that took each turn's text and the model's answer to it has the rendering of the whole dialogue. */
    @ParameterizedTest
    @ValueSource(strings = {"default_system", "alternating", "parts"})
    void turnsMakeTheDialogue(String name) throws IOException {
        ChatSource source = source(resource(name));
        ChatTurns turns = ChatTurns.of(source, CLOCK);
        ChatTemplate template = ChatTemplate.of(source, CLOCK);
        // What a template puts before an answer is the model's to write.
        String answer = name.equals("alternating") ? " Yes: 'no'." : "Yes: 'no'.";
        List<ChatMessage> messages = new ArrayList<>();
        String stream = "";
        for (String text : List.of("Hello", "And\n\nthen {{ x }}?", "😀", "")) {
            stream += stream.isEmpty() ? turns.first(text) : turns.next(text);
            messages.add(ChatMessage.user(text));

            assertThat(stream).isEqualTo(template.prompt(messages));

            stream += answer;
            messages.add(ChatMessage.assistant(answer.strip()));
        }
    }

    @Test
    void aTurnIsWhatFollowsTheAnswer() throws IOException {
        ChatTurns turns = ChatTurns.of(source(resource("default_system")), CLOCK);

        assertThat(turns.first("a"))
                .isEqualTo(
                        """
                        <|im_start|>system
                        You are a helpful AI assistant.<|im_end|>
                        <|im_start|>user
                        a<|im_end|>
                        <|im_start|>assistant
                        """);
        assertThat(turns.next("b")).isEqualTo("<|im_end|>\n<|im_start|>user\nb<|im_end|>\n<|im_start|>assistant\n");
    }

    @Test
    void thoughtsThatAreDroppedLater() throws IOException {
        ChatSource source = source(resource("thoughts"));

        assertThatThrownBy(() -> ChatTurns.of(source, CLOCK))
                .isInstanceOf(UserException.class)
                .hasMessageStartingWith("model/chat_template.jinja: renders an answer that has thoughts otherwise")
                .hasMessageContaining("--chat")
                .hasMessageContaining("--template")
                .hasMessageContaining("{text}");
    }

    @Test
    void turnsThatDependOnHowManyThereAre() {
        ChatSource counted = source("{% for m in messages %}[{{ m.content }}]{% endfor %}{{ messages | length }}:");
        ChatSource numbered = source("{% for m in messages %}{{ loop.index }}[{{ m.content }}]{% endfor %}");
        ChatSource ended = source("{% for m in messages %}[{{ m.content }}{{ ']' if not loop.last }}{% endfor %}");

        assertThatThrownBy(() -> ChatTurns.of(counted, CLOCK)).hasMessageContaining("renders an answer otherwise");
        assertThatThrownBy(() -> ChatTurns.of(numbered, CLOCK)).hasMessageContaining("renders an answer otherwise");
        assertThatThrownBy(() -> ChatTurns.of(ended, CLOCK)).hasMessageContaining("renders an answer otherwise");
        ChatSource numberedAnswers = source(
                "{% for m in messages %}{% if m.role == 'user' %}{{ loop.index }}[{{ m.content }}]{% else %}{{ m.content }}{% endif %}{% endfor %}");
        assertThatThrownBy(() -> ChatTurns.of(numberedAnswers, CLOCK)).hasMessageContaining("renders turns otherwise");
    }

    /** Rows of a query go to other machines, and are run again at other times. */
    @Test
    void areTheSameElsewhere() throws IOException, ClassNotFoundException {
        ChatTurns turns = ChatTurns.of(source(resource("dates")), CLOCK);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(turns);
        }

        ChatTurns there;
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            there = (ChatTurns) in.readObject();
        }

        assertThat(there.first("a")).isEqualTo(turns.first("a")).contains("05 Mar 2026");
        assertThat(there.next("a")).isEqualTo(turns.next("a")).doesNotContain("2026");
    }
}
