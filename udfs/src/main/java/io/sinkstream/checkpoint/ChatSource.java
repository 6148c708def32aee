package io.sinkstream.checkpoint;

import java.io.Serializable;
import java.util.Map;

/**
 * A checkpoint's chat template, not yet read.
 *
 * @param template its text, in Jinja
 * @param place where it stands, as messages name it
 * @param specialTokens what it may name beside the messages: {@code bos_token} and the like to a String, {@code
 *     additional_special_tokens} to a list of them
 */
public record ChatSource(String template, String place, Map<String, Object> specialTokens) implements Serializable {
    /** An unchangeable one. */
    public ChatSource {
        specialTokens = Map.copyOf(specialTokens);
    }
}
