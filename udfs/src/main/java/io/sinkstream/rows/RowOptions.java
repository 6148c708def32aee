package io.sinkstream.rows;

import io.sinkstream.settings.GenerationSettings;
import io.sinkstream.settings.LateRows;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.nio.file.Path;

/**
 * How rows are read. The components are {@link Settings} of the same names.
 *
 * @param content what rows hold
 * @param prompt what a row's text is put into
 * @param separator what follows that
 * @param late what becomes of late rows
 * @param maxRowBytes the most bytes of UTF-8 that all of this may have
 */
public record RowOptions(Content content, Prompt prompt, String separator, LateRows late, long maxRowBytes)
        implements Serializable {
    /** What a row's tokens come from. */
    public enum Content {
        /** A text, which is encoded. */
        TEXT,
        /** Token ids. */
        TOKENS
    }

    /** Checks that what rows hold can be put into the prompt. */
    public RowOptions {
        if (content == Content.TOKENS && !prompt.equals(Prompt.TEXT)) {
            throw new UserException(
                    (prompt instanceof Prompt.Chat ? GenerationSettings.CHAT : GenerationSettings.TEMPLATE) + " and "
                            + Settings.TOKENS + ": token ids go into no template");
        }
    }

    /** What these settings say of rows to be scored: texts as they are, each with the separator behind it. */
    public static RowOptions scored(SettingValues values) {
        return from(Prompt.TEXT, values.require(Settings.SEPARATOR), values);
    }

    /**
     * What these settings say of rows to be continued: texts in the prompt, and nothing behind it.
     *
     * @param model the checkpoint's folder, which is read if its own template is asked for
     * @throws UserException if it has none, or none that turns can go by
     */
    public static RowOptions continued(SettingValues values, Path model) {
        return from(prompt(values, model), "", values);
    }

    private static Prompt prompt(SettingValues values, Path model) {
        String template = values.require(GenerationSettings.TEMPLATE);
        if (!values.require(GenerationSettings.CHAT)) {
            return new Prompt.Filled(template);
        }
        if (!template.equals(Prompt.Filled.PLACE)) {
            throw new UserException(
                    GenerationSettings.CHAT + " and " + GenerationSettings.TEMPLATE + ": give one of them");
        }
        return Prompt.Chat.require(GenerationSettings.CHAT, model, "row");
    }

    private static RowOptions from(Prompt prompt, String separator, SettingValues values) {
        Content content = values.find(Settings.TOKENS).isPresent() ? Content.TOKENS : Content.TEXT;
        return new RowOptions(
                content, prompt, separator, values.require(Settings.LATE), values.require(Settings.MAX_ROW_BYTES));
    }
}
