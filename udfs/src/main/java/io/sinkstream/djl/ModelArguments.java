package io.sinkstream.djl;

import io.sinkstream.checkpoint.ModelLocation;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the arguments of a DJL model say, which are those of {@link ServingProperties} and of the program that loads it. */
final class ModelArguments {
    /** How a setting's key would begin that leaves out Spark. */
    private static final String SHORT_PREFIX = "sinkstream.";

    private final Map<String, String> configuration;
    private final String application;
    private final SettingValues values;

    /**
     * Checks them; keys that are not ours are DJL's.
     *
     * @throws UserException if a setting is not known, has no part in this or has a wrong value, or the application is another
     */
    ModelArguments(Map<String, ?> arguments) {
        configuration = new TreeMap<>();
        arguments.forEach((key, value) -> {
            if (key.startsWith(SHORT_PREFIX)) {
                throw new UserException(key + ": there is no such setting; settings begin with " + Setting.KEY_PREFIX);
            }
            if (key.startsWith(Setting.KEY_PREFIX)) {
                configuration.put(key, String.valueOf(value));
            }
        });
        values = SettingValues.resolve(Map.of(), configuration);
        List<Setting<?>> known = ServingProperties.settings();
        Settings.all().stream()
                .filter(setting -> values.isGiven(setting) && !known.contains(setting))
                .findFirst()
                .ifPresent(setting -> {
                    throw new UserException(setting.key() + ": has no part in a model of DJL's"
                            + (setting.equals(Settings.DEVICE) ? ", whose device DJL chooses" : "")
                            + "; the nearest that has is "
                            + SettingValues.nearest(known, setting.name()).key());
                });
        Object given = arguments.get("application");
        application = given == null ? "" : given.toString();
        String continued = ServingProperties.CONTINUED.getPath();
        if (!application.isEmpty() && !application.equals(continued)) {
            throw new UserException("application: is " + application + "; allowed is " + continued
                    + ", to have texts continued, and none, to have them scored");
        }
    }

    SettingValues values() {
        return values;
    }

    /** The same with what one request asks for, by the settings' names. */
    SettingValues values(Map<String, List<String>> parameters) {
        return parameters.isEmpty() ? values : SettingValues.resolve(parameters, configuration);
    }

    /** Whether what could be scored or continued is continued. */
    boolean isContinuing() {
        return application.equals(ServingProperties.CONTINUED.getPath());
    }

    /**
     * The checkpoint's folder: the one that DJL has loaded, unless a setting names a model elsewhere.
     *
     * @throws UserException if there is none of that name, or a revision of no name is asked for
     */
    Path folder(Path loaded) {
        boolean isNamed = values.isGiven(Settings.MODEL);
        String model = isNamed ? values.require(Settings.MODEL) : loaded.toString();
        String name = values.find(Settings.REVISION)
                .map(revision -> ModelLocation.at(model, revision))
                .orElse(model);
        return isNamed ? ModelLocation.resolve(name, System.getenv()) : loaded;
    }
}
