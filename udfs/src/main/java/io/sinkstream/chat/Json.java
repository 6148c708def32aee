package io.sinkstream.chat;

import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** JSON as Python's {@code json.dumps} writes it, which is what transformers' {@code tojson} is. */
final class Json {
    private final boolean isAscii;
    /** Null for all on one line. */
    private final String indent;

    private final String itemSeparator;
    private final String keySeparator;
    private final boolean isSorted;
    private final StringBuilder out = new StringBuilder();

    private Json(Bound options) {
        isAscii = options.isTrue(0);
        Object width = options.value(1);
        indent = width == null
                ? null
                : width instanceof String text
                        ? text
                        : " ".repeat((int) Math.max(0, Math.min(64, options.integer(1, 0))));
        if (options.value(2) instanceof List<?> pair && pair.size() == 2) {
            itemSeparator = Values.text(pair.get(0));
            keySeparator = Values.text(pair.get(1));
        } else {
            itemSeparator = indent == null ? ", " : ",";
            keySeparator = ": ";
        }
        isSorted = options.isTrue(3);
    }

    static String of(Object value, Arguments arguments) {
        Json json = new Json(
                arguments.bind("the filter \"tojson\"", 0, "ensure_ascii", "indent", "separators", "sort_keys"));
        json.write(value, 0);
        return json.out.toString();
    }

    private void write(Object value, int depth) {
        Texts.requireRoom(out.length());
        if (value == null) {
            out.append("null");
        } else if (value instanceof String text) {
            quoted(text);
        } else if (value instanceof Boolean || value instanceof Long) {
            out.append(value);
        } else if (value instanceof Double number) {
            out.append(
                    Double.isFinite(number)
                            ? Numbers.repr(number)
                            : number.isNaN() ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
        } else if (value instanceof List<?> list && !(value instanceof Range)) {
            list(list, depth);
        } else if (value instanceof Map<?, ?> dict) {
            dict(dict, depth);
        } else {
            Values.requireDefined(value);
            throw new TemplateException("a value of type " + Values.type(value) + " is no JSON");
        }
    }

    private void list(List<?> list, int depth) {
        if (list.isEmpty()) {
            out.append("[]");
            return;
        }
        out.append('[');
        for (Iterator<?> items = list.iterator(); items.hasNext(); ) {
            newline(depth + 1);
            write(items.next(), depth + 1);
            out.append(items.hasNext() ? itemSeparator : "");
        }
        newline(depth);
        out.append(']');
    }

    private void dict(Map<?, ?> dict, int depth) {
        if (dict.isEmpty()) {
            out.append("{}");
            return;
        }
        Stream<? extends Map.Entry<?, ?>> entries = dict.entrySet().stream();
        if (isSorted) {
            Comparator<Map.Entry<?, ?>> byKey = (a, b) -> Values.compare(a.getKey(), b.getKey());
            entries = entries.sorted(byKey);
        }
        out.append('{');
        for (Iterator<? extends Map.Entry<?, ?>> all = entries.iterator(); all.hasNext(); ) {
            Map.Entry<?, ?> entry = all.next();
            newline(depth + 1);
            quoted(key(entry.getKey()));
            out.append(keySeparator);
            write(entry.getValue(), depth + 1);
            out.append(all.hasNext() ? itemSeparator : "");
        }
        newline(depth);
        out.append('}');
    }

    private static String key(Object key) {
        if (key == null) {
            return "null";
        }
        return key instanceof Double number ? Numbers.repr(number) : Values.text(key);
    }

    private void newline(int depth) {
        if (indent != null) {
            out.append('\n').append(indent.repeat(depth));
        }
    }

    private void quoted(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int simple = "\"\\\n\r\t\b\f".indexOf(c);
            if (simple >= 0) {
                out.append('\\').append("\"\\nrtbf".charAt(simple));
            } else if (c < ' ' || (isAscii && c > '~')) {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
