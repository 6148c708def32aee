package io.sinkstream.batch;

import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.Serializable;

/**
 * The columns that make streams of a table's rows; one that was not given is null.
 *
 * @param key the streams' column; null if each file is a stream
 * @param order the order's column; null for the order of the files
 * @param text the text's column; null for the default or with {@code tokens}
 * @param tokens the token ids' column; null with a text
 */
public record StreamColumns(String key, String order, String text, String tokens) implements Serializable {
    /** Checks that there is one content. */
    public StreamColumns {
        if (text != null && tokens != null) {
            throw new UserException(
                    Settings.TEXT + " " + text + " and " + Settings.TOKENS + " " + tokens + ": only one can be given");
        }
    }

    /** The columns that these settings say. */
    public static StreamColumns from(SettingValues values) {
        return new StreamColumns(
                values.find(Settings.KEY).orElse(null),
                values.find(Settings.ORDER).orElse(null),
                values.find(Settings.TEXT).orElse(null),
                values.find(Settings.TOKENS).orElse(null));
    }

    /** The same with the text in {@code column}, if none is named. */
    public StreamColumns withText(String column) {
        return text == null && tokens == null ? new StreamColumns(key, order, column, tokens) : this;
    }

    /** The same with these columns where none is named. */
    public StreamColumns withKeyAndOrder(String otherKey, String otherOrder) {
        return new StreamColumns(key == null ? otherKey : key, order == null ? otherOrder : order, text, tokens);
    }
}
