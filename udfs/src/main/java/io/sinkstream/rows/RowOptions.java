package io.sinkstream.rows;

import io.sinkstream.settings.LateRows;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.Serializable;

/**
 * How rows are read. The components are {@link Settings} of the same names.
 *
 * @param content what rows hold
 * @param template what a row's text is put into: {@value #PLACE} stands for it
 * @param separator what follows that
 * @param late what becomes of late rows
 * @param maxRowBytes the most bytes of UTF-8 that all of this may have
 */
public record RowOptions(Content content, String template, String separator, LateRows late, long maxRowBytes)
        implements Serializable {
    /** The place of the text in a template. */
    public static final String PLACE = "{text}";

    /** What a row's tokens come from. */
    public enum Content {
        /** A text, which is encoded. */
        TEXT,
        /** Token ids. */
        TOKENS
    }

    /** Checks that the text has a place. */
    public RowOptions {
        if (!template.contains(PLACE)) {
            throw new UserException(Settings.TEMPLATE + ": \"" + template + "\" has no place for the row's text: put "
                    + PLACE + " into it");
        }
        if (content == Content.TOKENS && !template.equals(PLACE)) {
            throw new UserException(Settings.TEMPLATE + " and " + Settings.TOKENS + ": token ids go into no template");
        }
    }

    /** What these settings say of rows to be scored: texts as they are, each with the separator behind it. */
    public static RowOptions scored(SettingValues values) {
        return from(PLACE, values.require(Settings.SEPARATOR), values);
    }

    /** What these settings say of rows to be continued: texts in the template, and nothing behind it. */
    public static RowOptions continued(SettingValues values) {
        return from(values.require(Settings.TEMPLATE), "", values);
    }

    private static RowOptions from(String template, String separator, SettingValues values) {
        Content content = values.find(Settings.TOKENS).isPresent() ? Content.TOKENS : Content.TEXT;
        return new RowOptions(
                content, template, separator, values.require(Settings.LATE), values.require(Settings.MAX_ROW_BYTES));
    }

    /** A row's text in the template. */
    String filled(String text) {
        return template.equals(PLACE) ? text : template.replace(PLACE, text);
    }
}
