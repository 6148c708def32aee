package io.sinkstream.chat;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A message of a dialogue.
 *
 * @param role whose it is: {@code user}, {@code assistant}, {@code system}
 * @param content what it says
 */
public record ChatMessage(String role, String content) {
    /** One of the user. */
    public static ChatMessage user(String content) {
        return new ChatMessage("user", content);
    }

    /** One of the model. */
    public static ChatMessage assistant(String content) {
        return new ChatMessage("assistant", content);
    }

    Map<Object, Object> asDict() {
        Map<Object, Object> dict = new LinkedHashMap<>();
        dict.put("role", role);
        dict.put("content", content);
        return dict;
    }
}
