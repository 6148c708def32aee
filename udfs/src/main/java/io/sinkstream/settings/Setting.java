package io.sinkstream.settings;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * One setting: an option of the command line and a key of Spark's configuration, with one default, one documentation
 * and one check for both.
 *
 * @param <T> the type of its value
 */
public final class Setting<T> {
    /** What every key in Spark's configuration starts with. */
    public static final String KEY_PREFIX = "spark.sinkstream.";

    /** How a setting is given. */
    public enum Shape {
        /** {@code --name VALUE}. */
        VALUE,
        /** {@code --name}, {@code --name=true} or {@code --name=false}. */
        SWITCH,
        /** {@code --name VALUE...}, as often as wanted; one value in Spark's configuration. */
        LIST,
        /** {@code --name KEY=VALUE}, as often as wanted; {@code spark.sinkstream.name.KEY} in Spark's configuration. */
        MAP
    }

    private final String name;
    private final Shape shape;
    private final String placeholder;
    private final String fallback;
    private final String doc;
    private final Function<List<String>, T> parser;

    private Setting(
            String name,
            Shape shape,
            String placeholder,
            String fallback,
            String doc,
            Function<List<String>, T> parser) {
        this.name = name;
        this.shape = shape;
        this.placeholder = placeholder;
        this.fallback = fallback;
        this.doc = doc;
        this.parser = parser;
    }

    /**
     * A setting of one value.
     *
     * @param fallback the default as it would be given, or null for none
     * @param parser makes the value from its text; throws IllegalArgumentException with what is wrong and what is
     *     allowed
     */
    static <T> Setting<T> value(
            String name, String placeholder, String fallback, Function<String, T> parser, String doc) {
        return new Setting<>(
                name, Shape.VALUE, placeholder, fallback, doc, texts -> parser.apply(texts.get(texts.size() - 1)));
    }

    /** A setting that is on or off, off by default. */
    static Setting<Boolean> flag(String name, String doc) {
        return new Setting<>(
                name,
                Shape.SWITCH,
                "true|false",
                "false",
                doc,
                texts -> Parsers.booleanValue(texts.get(texts.size() - 1)));
    }

    /** A setting of any number of values, none by default. */
    static Setting<List<String>> list(String name, String placeholder, String doc) {
        return list(name, placeholder, text -> text, doc);
    }

    /** The same, of values that each text stands for. */
    static <T> Setting<List<T>> list(String name, String placeholder, Function<String, T> one, String doc) {
        return new Setting<>(name, Shape.LIST, placeholder, null, doc, texts -> texts.stream()
                .map(one)
                .toList());
    }

    /** A setting of any number of names and values, none by default. */
    static Setting<Map<String, String>> map(String name, String doc) {
        return map(name, "KEY=VALUE", entries -> entries, doc);
    }

    /** The same, all entries read by {@code parser}. */
    static <T> Setting<T> map(String name, String placeholder, Function<Map<String, String>, T> parser, String doc) {
        return new Setting<>(name, Shape.MAP, placeholder, null, doc, texts -> parser.apply(entries(texts)));
    }

    private static Map<String, String> entries(List<String> texts) {
        Map<String, String> entries = new LinkedHashMap<>();
        for (String text : texts) {
            int equals = text.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("\"" + text + "\" is not of the form KEY=VALUE");
            }
            entries.put(text.substring(0, equals), text.substring(equals + 1));
        }
        return Map.copyOf(entries);
    }

    /** The name: lower case, words joined by dashes. */
    public String name() {
        return name;
    }

    /** The option on the command line. */
    public String option() {
        return "--" + name;
    }

    /** The key in Spark's configuration. */
    public String key() {
        return KEY_PREFIX + name.replace('-', '.');
    }

    /** How it is given. */
    public Shape shape() {
        return shape;
    }

    /** What stands for the value in the help: its kind or its choices. */
    public String placeholder() {
        return placeholder;
    }

    /** The default, as it would be given; empty if there is none. */
    public Optional<String> fallback() {
        return Optional.ofNullable(fallback);
    }

    /** What it does, with its unit. */
    public String doc() {
        return doc;
    }

    /**
     * The value that these texts stand for.
     *
     * @param source where they were given, the option or the key, for the error's message
     * @throws UserException if they stand for none
     */
    T parse(String source, List<String> texts) {
        try {
            return parser.apply(texts);
        } catch (IllegalArgumentException e) {
            throw new UserException(String.format(Locale.ROOT, "%s: %s", source, e.getMessage()), e);
        }
    }

    /**
     * Checks a value that was not given as a text, as if it had been.
     *
     * @throws UserException if its text stands for none
     */
    public void check(T value) {
        parse(option(), List.of(value.toString()));
    }

    @Override
    public String toString() {
        return option();
    }
}
