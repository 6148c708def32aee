package io.sinkstream.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.checkpoint.ChatSource;
import io.sinkstream.settings.UserException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatTemplateTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-05T07:08:09Z"), ZoneOffset.UTC);

    private static ChatTemplate template(String text) {
        return ChatTemplate.of(new ChatSource(text, "model/chat_template.jinja:", Map.of("bos_token", "<s>")), CLOCK);
    }

    @Test
    void aDialogueAndWhereItsAnswerBegins() {
        ChatTemplate template = template(
                "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}"
                        + "{% if add_generation_prompt %}[assistant]{% endif %}{{ strftime_now('%Y') }}{{ tools is none }}");
        List<ChatMessage> messages = List.of(new ChatMessage("system", "s"), ChatMessage.user("u"));

        assertThat(template.render(messages)).isEqualTo("<s>[system]s[user]u2026True");
        assertThat(template.prompt(messages)).isEqualTo("<s>[system]s[user]u[assistant]2026True");
    }

    /** What it uses, and where, in one line. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "a\\n{% include 'b' %}~line 2: the tag \"include\" is not supported",
                "a\\n\\n{{ 'a' | xmlattr }}~line 3: the filter \"xmlattr\" is not supported",
                "{{ 1 is escaped }}~line 1: the test \"escaped\" is not supported",
                "{{ 'a'.encode() }}~line 1: the method \"encode\" of a text is not supported",
                "{{ messages.append(1) }}~line 1: the method 'append' changes a value, which no template may",
                "{{ ''.__class__.__base__ }}~line 1: the attribute '__class__' is out of reach",
                "{{ self.x.y }}~line 1: 'self' is undefined",
                "{{ messages[0].tool.name }}~line 1: 'dict' has no attribute 'tool'",
                "{{ raise_exception('No\\n way') }}~line 1: No way",
                "{% for x in y recursive %}{% endfor %}~line 1: a loop that is \"recursive\" is not supported",
                "{{ strftime_now('%U') }}~line 1: the date format %U is not supported",
                "{% if true %}~line 1: found \"the end of the template\"; expected \"elif\" or \"else\" or \"endif\"",
            })
    void whatCantBeRendered(String text, String problem) {
        assertThatThrownBy(() -> template(text.replace("\\n", "\n")).render(List.of(ChatMessage.user("u"))))
                .isInstanceOf(UserException.class)
                .hasMessage("model/chat_template.jinja: " + problem);
    }

    /** A template is another's program: it comes to an end, in memory that is there. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '`',
            value = {
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}#steps",
                "{{ 'a' * 99999999999 }}#characters",
                "{% set n = namespace(t='a') %}{% for i in range(99) %}{% set n.t = n.t ~ n.t %}{% endfor %}#characters",
                "{% set n = namespace(t='ab' * 9999) %}{{ n.t.replace('a', n.t).replace('a', n.t) }}#characters",
                "{{ range(100001) }}#range",
                "{{ [0] * 100001 }}#items",
                "{% set n = namespace(l=[0]) %}{% for i in range(99) %}{% set n.l = n.l + n.l %}{% endfor %}#items",
                "{{ ('a ' * 100001).split() }}#items",
                "{{ ('a ' * 100001).rsplit() }}#items",
                "{{ ('a ' * 100001).split(' ') }}#items",
                "{{ ('a ' * 100001).rsplit(' ') }}#items",
                "{{ ('a\\n' * 100001).splitlines() }}#items",
                "{{ ('a' * 100001) | list }}#items",
                "{% for c in ('a' * 200000) | map('upper') %}{{ loop.length }}{% endfor %}#items",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}#macros",
                "{% set n = namespace(l=[]) %}{% for i in range(9999) %}{% set n.l = [n.l] %}{% endfor %}{{ n.l }}#deep",
            })
    void whatTakesTooMuch(String text, String named) {
        assertThatThrownBy(() -> template(text).render(List.of(ChatMessage.user("u"))))
                .isInstanceOf(UserException.class)
                .hasMessageContaining(named);
    }

    @Test
    void bracketsWithoutEnd() {
        assertThatThrownBy(() -> template("{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("nests more than 100 deep");
        assertThatThrownBy(() -> template("{{ " + "- ".repeat(100_000) + "1 }}"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("too many signs");
        assertThatThrownBy(() -> template("{% if 1 %}".repeat(100_000)))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("blocks nest more than 100 deep");
    }
}
