package io.sinkstream.chat;

import io.sinkstream.checkpoint.ChatSource;
import io.sinkstream.settings.GenerationSettings;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a dialogue's turns append to its stream: up to where the model's answer begins, what the template renders of the
 * dialogue with the turn less what it renders of it before, the answer among it. So a stream's text is the whole dialogue's
 * rendering, of which no more than its tokens is kept.
 *
 * <p>That this depends on the turn's own text alone is tried with dialogues of some turns; a template that renders earlier turns
 * otherwise once there is a later one can't be continued so, and is refused. Immutable, safe for many threads.
 */
public final class ChatTurns implements Serializable {
    private static final long serialVersionUID = 1;

    private static final String QUESTION = "Who are you?";
    private static final String ANSWER = "A model of language.";
    private static final String THOUGHTS = "<think>\nWho asks?\n</think>\n\n" + ANSWER;
    private static final int TURNS = 4;

    private final transient ChatTemplate template;
    private final Form form;

    private ChatTurns(Form form) {
        this.form = form;
        template = ChatTemplate.of(form.source(), form.clock());
    }

    /** What is sent to other machines: each reads the template itself. */
    private record Form(ChatSource source, Clock clock) implements Serializable {
        private Object readResolve() {
            return new ChatTurns(this);
        }
    }

    private Object writeReplace() {
        return form;
    }

    /**
     * Turns by a template.
     *
     * @param clock for templates that tell the date; one that stands still gives a turn the same text each time
     * @throws UserException if it can't be rendered, or later turns change what it makes of earlier ones
     */
    public static ChatTurns of(ChatSource source, Clock clock) {
        ChatTurns turns = new ChatTurns(new Form(source, clock));
        turns.check();
        return turns;
    }

    /**
     * What a dialogue's first turn appends.
     *
     * @throws UserException if the template refuses it
     */
    public String first(String text) {
        return template.prompt(List.of(ChatMessage.user(text)));
    }

    /**
     * What each later turn appends to the stream, which ends with the model's answer to the one before.
     *
     * @throws UserException if the template refuses it
     */
    public String next(String text) {
        return appended(List.of(ChatMessage.user(QUESTION), ChatMessage.assistant(ANSWER)), text)
                .orElseThrow(() -> rewritten("an answer"));
    }

    /** By a turn after {@code before}, whose last message is an answer; empty if that, or what stands before it, is changed. */
    private Optional<String> appended(List<ChatMessage> before, String text) {
        int last = before.size() - 1;
        String known = template.prompt(before.subList(0, last));
        List<ChatMessage> messages = new ArrayList<>(before);
        messages.add(ChatMessage.user(text));
        String all = template.prompt(messages);
        if (!all.startsWith(known)) {
            return Optional.empty();
        }
        // Some templates put a blank before an answer: for the model it is a part of the answer's first word.
        String rest = all.substring(known.length()).stripLeading();
        String answer = before.get(last).content();
        return rest.startsWith(answer) ? Optional.of(rest.substring(answer.length())) : Optional.empty();
    }

    private void check() {
        String next = next(QUESTION);
        List<ChatMessage> dialogue = new ArrayList<>();
        for (int turn = 1; turn < TURNS; turn++) {
            dialogue.add(ChatMessage.user(QUESTION));
            dialogue.add(ChatMessage.assistant(ANSWER));
            if (!appended(dialogue, QUESTION).equals(Optional.of(next))) {
                throw rewritten("turns");
            }
        }
        List<ChatMessage> thought = List.of(ChatMessage.user(QUESTION), ChatMessage.assistant(THOUGHTS));
        if (appended(thought, QUESTION).isEmpty()) {
            throw rewritten("an answer that has thoughts");
        }
    }

    private UserException rewritten(String what) {
        return new UserException(form.source().place() + " renders " + what
                + " otherwise once a later turn follows, so that"
                + " no turn can be appended to a stream; instead of " + GenerationSettings.CHAT + " say by "
                + GenerationSettings.TEMPLATE
                + " what each turn appends, as in \"USER: {text}\\n\\nASSISTANT: \"");
    }
}
