package io.sinkstream.streaming;

import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.Serializable;

/**
 * How rows are continued. The components are {@link Settings} of the same names.
 *
 * @param maxNewTokens the most tokens of a continuation
 * @param ignoreEos whether it runs on past the model's end-of-sequence token
 * @param template what a row's text is put into: {@value #PLACE} stands for it
 */
public record GenerationOptions(int maxNewTokens, boolean ignoreEos, String template) implements Serializable {
    /** The place of the text in a template. */
    public static final String PLACE = "{text}";

    /** Checks that the text has a place. */
    public GenerationOptions {
        if (!template.contains(PLACE)) {
            throw new UserException(Settings.TEMPLATE + ": \"" + template + "\" has no place for the row's text: put "
                    + PLACE + " into it");
        }
    }

    /** The options that these settings say. */
    public static GenerationOptions from(SettingValues values) {
        return new GenerationOptions(
                values.require(Settings.MAX_NEW_TOKENS),
                values.require(Settings.IGNORE_EOS),
                values.require(Settings.TEMPLATE));
    }
}
