package io.sinkstream.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What stands behind a dot or in brackets. What would change a value, or lead out of the template, is out of reach. */
final class Attributes {
    /** Methods that change one. */
    private static final Set<String> CHANGE_LIST =
            Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");

    private static final Set<String> CHANGE_DICT =
            Set.of("clear", "fromkeys", "pop", "popitem", "setdefault", "update");

    private Attributes() {}

    /** {@code value.name}: an attribute, and of a dict also an item. */
    static Object attribute(Object value, String name) {
        if (value instanceof Undefined undefined) {
            throw undefined.failed();
        }
        if (value instanceof Attributed attributed && !name.startsWith("__")) {
            return attributed.attribute(name);
        }
        Object own = own(value, name);
        if (own == null && value instanceof Map<?, ?> dict && dict.containsKey(name)) {
            return dict.get(name);
        }
        return own == null ? missing(value, name) : own;
    }

    /** {@code value[key]}: an item, and of a name that is none also an attribute. */
    static Object item(Object value, Object key) {
        if (value instanceof Undefined undefined) {
            throw undefined.failed();
        }
        if (value instanceof Map<?, ?> dict) {
            Object at = Values.key(key);
            if (dict.containsKey(at)) {
                return dict.get(at);
            }
        } else if (key instanceof Long || key instanceof Boolean) {
            long index = key instanceof Long number ? number : Boolean.TRUE.equals(key) ? 1 : 0;
            if (value instanceof String text) {
                int length = Texts.length(text);
                long at = index < 0 ? index + length : index;
                return at < 0 || at >= length
                        ? missing(value, index)
                        : Character.toString(text.codePointAt(text.offsetByCodePoints(0, (int) at)));
            }
            if (value instanceof List<?> list) {
                long at = index < 0 ? index + list.size() : index;
                return at < 0 || at >= list.size() ? missing(value, index) : list.get((int) at);
            }
        }
        if (value instanceof Attributed attributed && key instanceof String name) {
            return attribute(attributed, name);
        }
        Object own = key instanceof String name ? own(value, name) : null;
        return own == null ? missing(value, key) : own;
    }

    private static Undefined missing(Object value, Object key) {
        return new Undefined(
                key instanceof String name
                        ? Texts.repr(Values.type(value)) + " has no attribute " + Texts.repr(name)
                        : Values.type(value) + " has no element " + Values.repr(key));
    }

    /** An attribute that a value has by itself; null if it has none of the name. */
    private static Object own(Object value, String name) {
        if (value instanceof SafeText) {
            throw new TemplateException("what \"safe\" makes can only be printed");
        }
        if (name.startsWith("__")) {
            return new Undefined("the attribute " + Texts.repr(name) + " is out of reach");
        }
        if (value instanceof String text) {
            return StringMethods.of(text, name);
        }
        if (value instanceof Map<?, ?> dict) {
            return CHANGE_DICT.contains(name) ? changing(name) : ofDict(dict, name);
        }
        if (value instanceof List<?> list) {
            return Values.isList(value) && CHANGE_LIST.contains(name) ? changing(name) : ofList(list, name);
        }
        return null;
    }

    private static Undefined changing(String name) {
        return new Undefined("the method " + Texts.repr(name) + " changes a value, which no template may");
    }

    private static Callable ofDict(Map<?, ?> dict, String name) {
        return switch (name) {
            case "get" ->
                arguments -> {
                    Bound bound = arguments.bind(name, 1, "key", "default");
                    Object key = Values.key(bound.value(0));
                    return dict.containsKey(key) ? dict.get(key) : bound.value(1);
                };
            case "keys" ->
                arguments -> {
                    arguments.bind(name, 0);
                    return new View("dict_keys", new ArrayList<>(dict.keySet()));
                };
            case "values" ->
                arguments -> {
                    arguments.bind(name, 0);
                    return new View("dict_values", new ArrayList<>(dict.values()));
                };
            case "items" ->
                arguments -> {
                    arguments.bind(name, 0);
                    return new View("dict_items", items(dict));
                };
            case "copy" ->
                arguments -> {
                    arguments.bind(name, 0);
                    return dict;
                };
            default -> null;
        };
    }

    static List<Object> items(Map<?, ?> dict) {
        List<Object> items = new ArrayList<>(dict.size());
        dict.forEach((key, value) -> items.add(new Tuple(Arrays.asList(key, value))));
        return items;
    }

    private static Callable ofList(List<?> list, String name) {
        return switch (name) {
            case "count" ->
                arguments -> {
                    Object wanted = arguments.bind(name, 1, "value").value(0);
                    return list.stream()
                            .filter(item -> Values.equal(item, wanted))
                            .count();
                };
            case "index" ->
                arguments -> {
                    Object wanted = arguments.bind(name, 1, "value").value(0);
                    for (int i = 0; i < list.size(); i++) {
                        if (Values.equal(list.get(i), wanted)) {
                            return (long) i;
                        }
                    }
                    throw new TemplateException(Values.repr(wanted) + " is not in the list");
                };
            case "copy" ->
                arguments -> {
                    arguments.bind(name, 0);
                    return list;
                };
            default -> null;
        };
    }

    /** {@code value[start:stop:step]}; each of them may be None. */
    static Object slice(Object value, Object start, Object stop, Object step) {
        if (value instanceof Undefined undefined) {
            throw undefined.failed();
        }
        if (value instanceof String text) {
            int[] characters = text.codePoints().toArray();
            StringBuilder part = new StringBuilder();
            for (int i : places(characters.length, start, stop, step)) {
                part.appendCodePoint(characters[i]);
            }
            return part.toString();
        }
        if (value instanceof List<?> list) {
            List<Object> part = new ArrayList<>();
            for (int i : places(list.size(), start, stop, step)) {
                part.add(list.get(i));
            }
            return value instanceof Tuple ? new Tuple(part) : Collections.unmodifiableList(part);
        }
        // As for any index that a value has not.
        return missing(value, 0L);
    }

    /** {@code text[start:stop]}. */
    static String part(String text, Object start, Object stop) {
        return start == null && stop == null ? text : (String) slice(text, start, stop, null);
    }

    private static int[] places(int length, Object start, Object stop, Object step) {
        long by = bound(step, 1);
        if (by == 0) {
            throw new TemplateException("a slice's step is 0");
        }
        long low = by > 0 ? 0 : -1;
        long high = by > 0 ? length : length - 1L;
        long from = start == null ? (by > 0 ? low : high) : clipped(bound(start, 0), length, low, high);
        long to = stop == null ? (by > 0 ? high : low) : clipped(bound(stop, 0), length, low, high);
        long count = by > 0 ? (to - from + by - 1) / by : (from - to - by - 1) / -by;
        int[] places = new int[(int) Math.max(0, by > 0 ? (to > from ? count : 0) : (from > to ? count : 0))];
        for (int i = 0; i < places.length; i++) {
            places[i] = (int) (from + i * by);
        }
        return places;
    }

    private static long clipped(long index, int length, long low, long high) {
        return Math.max(low, Math.min(high, index < 0 ? index + length : index));
    }

    private static long bound(Object value, long fallback) {
        if (value == null) {
            return fallback;
        }
        Values.requireDefined(value);
        if (value instanceof Long number) {
            // No list is longer.
            return Math.max(-Integer.MAX_VALUE, Math.min(Integer.MAX_VALUE, number));
        }
        if (value instanceof Boolean bool) {
            return bool ? 1 : 0;
        }
        throw new TemplateException("a slice's bound is of type " + Values.type(value) + "; expected a whole number");
    }
}
