package io.sinkstream.chat;

import io.sinkstream.checkpoint.ChatSource;
import io.sinkstream.settings.UserException;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A checkpoint's chat template, as transformers' {@code apply_chat_template} renders it. Immutable, safe for many threads. */
public final class ChatTemplate {
    private final Template template;
    private final ChatSource source;
    private final Clock clock;

    private ChatTemplate(Template template, ChatSource source, Clock clock) {
        this.template = template;
        this.source = source;
        this.clock = clock;
    }

    /**
     * Reads a template.
     *
     * @param clock for templates that tell the date
     * @throws UserException if it is none, or uses what is not supported
     */
    public static ChatTemplate of(ChatSource source, Clock clock) {
        try {
            return new ChatTemplate(Template.of(source.template()), source, clock);
        } catch (TemplateException e) {
            throw refused(source, e);
        }
    }

    /**
     * A dialogue's text.
     *
     * @throws UserException if the template can't be rendered
     */
    public String render(List<ChatMessage> messages) {
        return render(messages, false);
    }

    /**
     * The same up to where the model's next message begins.
     *
     * @throws UserException if the template can't be rendered
     */
    public String prompt(List<ChatMessage> messages) {
        return render(messages, true);
    }

    private String render(List<ChatMessage> messages, boolean withPrompt) {
        Map<String, Object> given = new HashMap<>(source.specialTokens());
        given.put("messages", messages.stream().map(ChatMessage::asDict).toList());
        given.put("tools", null);
        given.put("documents", null);
        given.put("add_generation_prompt", withPrompt);
        try {
            return template.render(given, clock);
        } catch (TemplateException e) {
            throw refused(source, e);
        }
    }

    /** Where it stands, as messages name it. */
    String place() {
        return source.place();
    }

    private static UserException refused(ChatSource source, TemplateException problem) {
        return new UserException(source.place() + " " + shown(problem.getMessage()), problem);
    }

    /** On one line: what a template says itself may have several. */
    private static String shown(String message) {
        return message.strip().replaceAll("\\s+", " ");
    }
}
