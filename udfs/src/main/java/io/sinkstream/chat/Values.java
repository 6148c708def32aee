package io.sinkstream.chat;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What a template works with, as Python treats it. None is null; numbers are Long and Double; a text is a String; a list is a
 * List that is no {@link Tuple} and no {@link Range}; a dict is a Map in its order; and there are {@link Undefined}, {@link
 * View}, {@link Generator}, {@link SafeText}, {@link Namespace}, {@link Loop} and {@link Callable}.
 */
final class Values {
    /** The most items of a list that a template makes of others or of a text: as many as Jinja's sandbox lets a range have. */
    static final long MOST_ITEMS = 100_000;

    private Values() {}

    static boolean isTrue(Object value) {
        if (value instanceof Boolean bool) {
            return bool;
        }
        if (value instanceof String text) {
            return !text.isEmpty();
        }
        if (value instanceof Long || value instanceof Double) {
            return ((Number) value).doubleValue() != 0;
        }
        if (value instanceof Collection<?> list) {
            return !list.isEmpty();
        }
        if (value instanceof Map<?, ?> dict) {
            return !dict.isEmpty();
        }
        if (value instanceof View view) {
            return !view.items().isEmpty();
        }
        if (value instanceof SafeText safe) {
            return !safe.text().isEmpty();
        }
        return value != null && !(value instanceof Undefined);
    }

    static boolean isList(Object value) {
        return value instanceof List && !(value instanceof Tuple) && !(value instanceof Range);
    }

    static boolean equal(Object a, Object b) {
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.compare(a, b) == 0;
        }
        if (a instanceof Undefined && b instanceof Undefined) {
            return true;
        }
        if (a instanceof List<?> left && b instanceof List<?> right) {
            return a instanceof Tuple == b instanceof Tuple && isList(a) == isList(b) && areEqual(left, right);
        }
        if (a instanceof Map<?, ?> left && b instanceof Map<?, ?> right) {
            return left.keySet().equals(right.keySet())
                    && left.keySet().stream().allMatch(key -> equal(left.get(key), right.get(key)));
        }
        return Objects.equals(a, b);
    }

    private static boolean areEqual(List<?> a, List<?> b) {
        if (a.size() != b.size()) {
            return false;
        }
        Iterator<?> right = b.iterator();
        return a.stream().allMatch(item -> equal(item, right.next()));
    }

    /** Which of two comes first. Throws TemplateException if they have no order. */
    static int compare(Object a, Object b) {
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.compare(a, b);
        }
        if (a instanceof String left && b instanceof String right) {
            return Texts.compare(left, right);
        }
        if (a instanceof List<?> left && b instanceof List<?> right && isList(a) == isList(b)) {
            for (int i = 0; i < Math.min(left.size(), right.size()); i++) {
                if (!equal(left.get(i), right.get(i))) {
                    return compare(left.get(i), right.get(i));
                }
            }
            return Integer.compare(left.size(), right.size());
        }
        requireDefined(a, b);
        throw new TemplateException(type(a) + " and " + type(b) + " have no order");
    }

    static void requireDefined(Object... values) {
        for (Object value : values) {
            if (value instanceof Undefined undefined) {
                throw undefined.failed();
            }
        }
    }

    /** {@code item in container}. */
    static boolean contains(Object container, Object item) {
        if (container instanceof String text) {
            requireDefined(item);
            if (item instanceof String part) {
                return text.contains(part);
            }
            throw new TemplateException("\"in\" a text needs a text on its left, not " + type(item));
        }
        if (container instanceof Map<?, ?> dict) {
            return dict.containsKey(key(item));
        }
        for (Iterator<Object> items = iterate(container); items.hasNext(); ) {
            if (equal(items.next(), item)) {
                return true;
            }
        }
        return false;
    }

    /** A value as the key of a dict. */
    static Object key(Object value) {
        if (value instanceof Boolean bool) {
            return bool ? 1L : 0L;
        }
        if (value instanceof Double number && number == Math.rint(number) && Math.abs(number) < 1L << 53) {
            return number.longValue();
        }
        if (isList(value) || value instanceof Map) {
            throw new TemplateException("a " + type(value) + " can't be the key of a dict");
        }
        return value;
    }

    /** Throws TemplateException if no list may have so many. */
    static void requireItems(long items) {
        if (items > MOST_ITEMS) {
            throw new TemplateException("it makes a list of more than " + MOST_ITEMS + " items");
        }
    }

    /** All that {@link #iterate} goes through. */
    static List<Object> all(Object value) {
        return rest(iterate(value));
    }

    /** What is left of it. */
    static List<Object> rest(Iterator<?> items) {
        List<Object> rest = new ArrayList<>();
        while (items.hasNext()) {
            requireItems(rest.size() + 1L);
            rest.add(items.next());
        }
        return rest;
    }

    /** Goes through a value: a text's characters, a dict's keys. */
    @SuppressWarnings("unchecked")
    static Iterator<Object> iterate(Object value) {
        if (value instanceof List<?> list) {
            return Collections.unmodifiableList((List<Object>) list).iterator();
        }
        if (value instanceof Map<?, ?> dict) {
            return Collections.unmodifiableSet(((Map<Object, Object>) dict).keySet())
                    .iterator();
        }
        if (value instanceof String text) {
            return text.codePoints()
                    .mapToObj(c -> (Object) Character.toString(c))
                    .iterator();
        }
        if (value instanceof View view) {
            return view.items().iterator();
        }
        if (value instanceof Generator generator) {
            return generator;
        }
        if (value instanceof Undefined) {
            return Collections.emptyIterator();
        }
        throw new TemplateException("a value of type " + type(value) + " can't be gone through");
    }

    /** How many it has: characters, items, keys. */
    static long length(Object value) {
        if (value instanceof String text) {
            return Texts.length(text);
        }
        if (value instanceof List<?> list) {
            return list.size();
        }
        if (value instanceof Map<?, ?> dict) {
            return dict.size();
        }
        if (value instanceof View view) {
            return view.items().size();
        }
        if (value instanceof Loop loop) {
            return loop.length();
        }
        if (value instanceof Undefined) {
            return 0;
        }
        throw new TemplateException("a value of type " + type(value) + " has no length");
    }

    /** As it is printed. */
    static String text(Object value) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof SafeText safe) {
            return safe.text();
        }
        return value instanceof Undefined ? "" : repr(value);
    }

    /** As it stands in the print of a list. */
    static String repr(Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof String text) {
            return Texts.repr(text);
        }
        if (value instanceof Boolean bool) {
            return bool ? "True" : "False";
        }
        if (value instanceof Double number) {
            return Numbers.repr(number);
        }
        if (value instanceof Long || value instanceof Range) {
            return value.toString();
        }
        if (value instanceof Tuple tuple) {
            return "(" + listed(tuple) + (tuple.size() == 1 ? ",)" : ")");
        }
        if (value instanceof List<?> list) {
            return "[" + listed(list) + "]";
        }
        if (value instanceof Map<?, ?> dict) {
            return dict.entrySet().stream()
                    .map(entry -> repr(entry.getKey()) + ": " + repr(entry.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (value instanceof View view) {
            return view.kind() + "([" + listed(view.items()) + "])";
        }
        if (value instanceof Undefined) {
            return "Undefined";
        }
        throw new TemplateException("a " + type(value) + " can't be printed");
    }

    private static String listed(List<?> items) {
        return items.stream().map(Values::repr).collect(Collectors.joining(", "));
    }

    /** Python's name of what it is. */
    static String type(Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof String) {
            return "str";
        }
        if (value instanceof Boolean) {
            return "bool";
        }
        if (value instanceof Long) {
            return "int";
        }
        if (value instanceof Double) {
            return "float";
        }
        if (value instanceof View view) {
            return view.kind();
        }
        if (value instanceof Callable) {
            return "function";
        }
        if (value instanceof Map) {
            return "dict";
        }
        return isList(value) ? "list" : value.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }
}
