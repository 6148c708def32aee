package io.sinkstream.settings;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The settings of one run: the command line over Spark's configuration over the defaults. Immutable. */
public final class SettingValues {
    private final Map<Setting<?>, Object> values;

    /** What was given for each that was, as texts. */
    private final Map<Setting<?>, List<String>> given;

    private SettingValues(Map<Setting<?>, Object> values, Map<Setting<?>, List<String>> given) {
        this.values = values;
        this.given = given;
    }

    /**
     * Checks everything that was given.
     *
     * @param commandLine what was given for each option, by the setting's name
     * @param configuration Spark's configuration; keys that are not ours are passed over
     * @throws UserException if a value is wrong, or a key or name of ours is unknown
     */
    public static SettingValues resolve(Map<String, List<String>> commandLine, Map<String, String> configuration) {
        Map<Setting<?>, List<String>> configured = configured(configuration);
        commandLine.keySet().forEach(SettingValues::named);
        Map<Setting<?>, Object> values = new HashMap<>();
        Map<Setting<?>, List<String>> given = new HashMap<>();
        for (Setting<?> setting : Settings.all()) {
            List<String> typed = commandLine.getOrDefault(setting.name(), List.of());
            List<String> inConf = configured.getOrDefault(setting, List.of());
            List<String> texts = typed.isEmpty() ? inConf : typed;
            if (setting.shape() == Setting.Shape.MAP && !typed.isEmpty()) {
                // Entry by entry, the later ones win.
                texts = new ArrayList<>(inConf);
                texts.addAll(typed);
            }
            if (!texts.isEmpty()) {
                given.put(setting, texts);
                values.put(setting, setting.parse(typed.isEmpty() ? setting.key() : setting.option(), texts));
            } else {
                setting.fallback()
                        .ifPresent(text -> values.put(setting, setting.parse(setting.option(), List.of(text))));
            }
        }
        return new SettingValues(values, given);
    }

    /** Settings by name, each given once; the rest are defaults. */
    public static SettingValues of(Map<String, String> byName) {
        Map<String, List<String>> commandLine = new TreeMap<>();
        byName.forEach((name, text) -> commandLine.put(name, List.of(text)));
        return resolve(commandLine, Map.of());
    }

    /** The value of a setting that was given or has a default, or an error that asks for it. */
    public <T> T require(Setting<T> setting) {
        return find(setting)
                .orElseThrow(() -> new UserException(setting.option() + " is missing: give it, or set " + setting.key()
                        + " (" + setting.doc() + ")"));
    }

    /** The value of a setting, if it was given or has a default. */
    @SuppressWarnings("unchecked") // resolve puts under a setting what that setting parsed.
    public <T> Optional<T> find(Setting<T> setting) {
        return Optional.ofNullable((T) values.get(setting));
    }

    /** Whether the setting was given, and is no default. */
    public boolean isGiven(Setting<?> setting) {
        return given.containsKey(setting);
    }

    /**
     * What was given of these settings, as Spark's configuration would have it.
     *
     * @throws UserException if one was given more than once, which has no place there
     */
    public Map<String, String> configuration(Collection<Setting<?>> settings) {
        Map<String, String> configuration = new TreeMap<>();
        for (Setting<?> setting : settings) {
            List<String> texts = given.getOrDefault(setting, List.of());
            if (setting.shape() == Setting.Shape.LIST && texts.size() > 1) {
                throw new UserException(
                        setting + ": " + String.join(", ", texts) + "; a file of properties has a place for one");
            }
            for (String text : texts) {
                boolean isEntry = setting.shape() == Setting.Shape.MAP;
                int end = isEntry ? text.indexOf('=') : -1;
                configuration.put(
                        isEntry ? setting.key() + "." + text.substring(0, end) : setting.key(),
                        text.substring(end + 1));
            }
        }
        return configuration;
    }

    /** The same as if this had been given. Throws UserException if it is not a value of the setting's. */
    public SettingValues with(Setting<?> setting, String text) {
        List<String> texts = List.of(text);
        Map<Setting<?>, Object> others = new HashMap<>(values);
        others.put(setting, setting.parse(setting.option(), texts));
        Map<Setting<?>, List<String>> also = new HashMap<>(given);
        also.put(setting, texts);
        return new SettingValues(others, also);
    }

    /** The same with this, if nothing was given. */
    public SettingValues orElse(Setting<?> setting, String text) {
        return isGiven(setting) ? this : with(setting, text);
    }

    private static Map<Setting<?>, List<String>> configured(Map<String, String> configuration) {
        Map<Setting<?>, List<String>> configured = new HashMap<>();
        for (Map.Entry<String, String> entry : new TreeMap<>(configuration).entrySet()) {
            String key = entry.getKey();
            if (!key.startsWith(Setting.KEY_PREFIX)) {
                continue;
            }
            Setting<?> setting = keyed(key);
            String text = entry.getValue();
            if (setting.shape() == Setting.Shape.MAP) {
                text = key.substring(setting.key().length() + 1) + "=" + text;
            }
            configured.computeIfAbsent(setting, unused -> new ArrayList<>()).add(text);
        }
        return configured;
    }

    private static Setting<?> keyed(String key) {
        for (Setting<?> setting : Settings.all()) {
            boolean matches = setting.shape() == Setting.Shape.MAP
                    ? key.startsWith(setting.key() + ".")
                            && key.length() > setting.key().length() + 1
                    : key.equals(setting.key());
            if (matches) {
                return setting;
            }
        }
        Setting<?> nearest = Settings.all().stream()
                .min(Comparator.comparingInt(setting -> distance(setting.key(), key)))
                .orElseThrow();
        String known = nearest.key() + (nearest.shape() == Setting.Shape.MAP ? ".KEY" : "");
        throw new UserException(key + ": there is no such setting; the nearest is " + known);
    }

    private static Setting<?> named(String name) {
        return Settings.all().stream()
                .filter(setting -> setting.name().equals(name))
                .findFirst()
                .orElseThrow(() -> {
                    Setting<?> nearest = nearest(Settings.all(), name);
                    return new UserException(
                            "--" + name + ": there is no such setting; the nearest is " + nearest.option());
                });
    }

    /** Of these settings the one that is named most nearly so. */
    public static Setting<?> nearest(Collection<Setting<?>> settings, String name) {
        return settings.stream()
                .min(Comparator.comparingInt(setting -> distance(setting.name(), name)))
                .orElseThrow();
    }

    /** How many characters have to be put in, taken out or changed to make one text the other. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
