package io.sinkstream.rows;

import io.sinkstream.chat.ChatTurns;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.TextTokenizer;
import io.sinkstream.settings.GenerationSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;

/** What a row's text is put into before it is encoded. */
public sealed interface Prompt extends Serializable {
    /** The text as it is. */
    Prompt TEXT = new Filled(Filled.PLACE);

    /**
     * A stream's first row.
     *
     * @throws UserException if this text can't be put into it
     */
    String first(String text);

    /**
     * A later row.
     *
     * @throws UserException if this text can't be put into it
     */
    String next(String text);

    /** The tokens that a stream of such rows begins with, unless its first row has them itself. A new array. */
    int[] front(TextTokenizer tokenizer);

    /**
     * A template that is the same for every row.
     *
     * @param template {@value #PLACE} stands in it for the text
     */
    record Filled(String template) implements Prompt {
        /** The place of the text in a template. */
        public static final String PLACE = "{text}";

        /** Checks that the text has a place. */
        public Filled {
            if (!template.contains(PLACE)) {
                throw new UserException(GenerationSettings.TEMPLATE + ": \"" + template
                        + "\" has no place for the row's text: put " + PLACE + " into it");
            }
        }

        @Override
        public int[] front(TextTokenizer tokenizer) {
            return tokenizer.prefix();
        }

        @Override
        public String first(String text) {
            return template.equals(PLACE) ? text : template.replace(PLACE, text);
        }

        @Override
        public String next(String text) {
            return first(text);
        }
    }

    /** The checkpoint's own template: a row is a turn of the user, its continuation the model's answer. */
    record Chat(ChatTurns turns) implements Prompt {
        /**
         * The one of the checkpoint in {@code model}.
         *
         * @param asking the setting that asks for it, and {@code whose} text goes into it, for the message
         * @throws UserException if it has none, or none that turns can go by
         */
        public static Chat require(Setting<?> asking, Path model, String whose) {
            // The time stands still: a row that is run again gets the same text.
            Clock clock = Clock.fixed(Instant.now(), ZoneId.systemDefault());
            return Checkpoint.open(model)
                    .chat()
                    .map(source -> new Chat(ChatTurns.of(source, clock)))
                    .orElseThrow(() -> new UserException(asking + ": " + model
                            + " has no chat template, neither chat_template.jinja nor a field \"chat_template\" of"
                            + " tokenizer_config.json; say by " + GenerationSettings.TEMPLATE + " what a " + whose
                            + "'s text is put into"));
        }

        /** The template says itself what its dialogues begin with. */
        @Override
        public int[] front(TextTokenizer tokenizer) {
            return Tokens.NONE;
        }

        @Override
        public String first(String text) {
            return turns.first(text);
        }

        @Override
        public String next(String text) {
            return turns.next(text);
        }
    }
}
