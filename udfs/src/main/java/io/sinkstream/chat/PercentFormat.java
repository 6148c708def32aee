package io.sinkstream.chat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code "%s of %d" % (a, b)}, with {@code %s}, {@code %r}, {@code %d} and {@code %%}. */
final class PercentFormat {
    private static final Pattern PLACE = Pattern.compile("%(.?)", Pattern.DOTALL);

    private PercentFormat() {}

    /** @param value a tuple of the values, or the only one */
    static String format(String text, Object value) {
        List<?> values = value instanceof Tuple tuple ? tuple : Collections.singletonList(value);
        StringBuilder filled = new StringBuilder();
        Matcher place = PLACE.matcher(text);
        int from = 0;
        int used = 0;
        while (place.find()) {
            filled.append(text, from, place.start());
            from = place.end();
            if (place.group(1).equals("%")) {
                filled.append('%');
                continue;
            }
            if (used == values.size()) {
                throw new TemplateException("a format has more places than values");
            }
            filled.append(shown(place.group(1), values.get(used++)));
        }
        if (used < values.size() && !(value instanceof Map)) {
            throw new TemplateException("a format has fewer places than values");
        }
        return filled.append(text, from, text.length()).toString();
    }

    private static String shown(String how, Object value) {
        return switch (how) {
            case "s" -> Values.text(value);
            case "r" -> Values.repr(value);
            case "d" -> whole(value);
            default -> throw new TemplateException("the format %" + how + " is not supported: %s, %r, %d and %% are");
        };
    }

    private static String whole(Object value) {
        if (value instanceof Long number) {
            return number.toString();
        }
        if (value instanceof Double number && Double.isFinite(number)) {
            return Long.toString(number.longValue());
        }
        throw new TemplateException("%d of a " + Values.type(value));
    }
}
