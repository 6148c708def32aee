package io.sinkstream.sql;

import io.sinkstream.settings.Setting;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Settings as SQL names them. */
final class Names {
    /** The version that has the functions first. */
    static final String SINCE = "0.1.0";

    private Names() {}

    /** The argument that gives this setting: an option's name has dashes, and SQL's have underscores. */
    static String argument(Setting<?> setting) {
        return setting.name().replace('-', '_');
    }

    /** The name of the setting that an argument gives. SQL's names are the same in any case. */
    static String setting(String argument) {
        return argument.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** What the settings do, as {@code DESCRIBE FUNCTION} tells of arguments. */
    static String arguments(List<Setting<?>> settings) {
        return settings.stream()
                .map(setting -> "      * " + argument(setting) + " - by name, else " + setting.key() + ": "
                        + setting.doc() + "\n")
                .collect(Collectors.joining());
    }
}
