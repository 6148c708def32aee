package io.sinkstream.chat;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Filters of texts and numbers. */
final class TextFilters {
    static final Set<String> NAMES = Set.of(
            "abs",
            "capitalize",
            "center",
            "float",
            "format",
            "indent",
            "int",
            "lower",
            "replace",
            "round",
            "safe",
            "string",
            "title",
            "trim",
            "upper",
            "wordcount");

    private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern TITLE = Pattern.compile("[^-\\s({\\[<]+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]+(?:_[0-9]+)*");
    private static final Pattern REAL = Pattern.compile(
            "[+-]?(?:[0-9]+(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?(?:inf(?:inity)?|nan)",
            Pattern.CASE_INSENSITIVE);

    private TextFilters() {}

    static Object apply(String name, String what, Object value, Arguments arguments) {
        return switch (name) {
            case "replace" -> {
                Bound bound = arguments.bind(what, 2, "old", "new", "count");
                yield Texts.replace(
                        Values.text(value),
                        Values.text(bound.value(0)),
                        Values.text(bound.value(1)),
                        bound.integer(2, -1));
            }
            case "trim" ->
                Texts.strip(Values.text(value), arguments.bind(what, 0, "chars").text(0, null), true, true);
            case "center" ->
                StringMethods.of(Values.text(value), name)
                        .call(
                                arguments.positional().isEmpty()
                                                && arguments.named().isEmpty()
                                        ? new Arguments(List.of(80L), arguments.named())
                                        : arguments);
            case "format" -> {
                if (!arguments.named().isEmpty()) {
                    throw new TemplateException(what + " with values by name is not supported");
                }
                yield PercentFormat.format(Values.text(value), new Tuple(arguments.positional()));
            }
            case "indent" -> indented(what, value, arguments);
            case "int" -> whole(value, arguments.bind(what, 0, "default"));
            case "float" -> real(value, arguments.bind(what, 0, "default"));
            case "round" -> rounded(what, value, arguments);
            default -> {
                arguments.bind(what, 0);
                yield plain(name, value);
            }
        };
    }

    private static Object plain(String name, Object value) {
        String text = Values.text(value);
        return switch (name) {
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "capitalize" -> Texts.capitalized(text);
            case "title" -> TITLE.matcher(text).replaceAll(word -> Matcher.quoteReplacement(titled(word.group())));
            case "wordcount" -> WORD.matcher(text).results().count();
            case "abs" -> {
                Values.requireDefined(value);
                if (!Numbers.isNumber(value)) {
                    throw new TemplateException("the filter \"abs\" needs a number, not " + Values.type(value));
                }
                Object zero = value instanceof Double ? (Object) 0.0 : (Object) 0L;
                yield Numbers.compare(value, zero) < 0 ? Numbers.negative(value) : Numbers.operate("+", value, zero);
            }
            case "safe" -> new SafeText(text);
            default -> text;
        };
    }

    private static String titled(String word) {
        int end = word.offsetByCodePoints(0, 1);
        return word.substring(0, end).toUpperCase(Locale.ROOT)
                + word.substring(end).toLowerCase(Locale.ROOT);
    }

    private static String indented(String what, Object value, Arguments arguments) {
        Bound bound = arguments.bind(what, 0, "width", "first", "blank");
        String indent = bound.value(0) instanceof String own
                ? own
                : " ".repeat((int) Math.max(0, Math.min(10_000, bound.integer(0, 4))));
        if (!(value instanceof String text)) {
            Values.requireDefined(value);
            throw new TemplateException(what + " needs a text, not " + Values.type(value));
        }
        List<Object> lines = Texts.lines(text + "\n", false);
        Texts.requireRoom(text.length() + (long) lines.size() * indent.length());
        String rest = lines.stream()
                .skip(1)
                .map(String.class::cast)
                .map(line -> line.isEmpty() && !bound.isTrue(2) ? "\n" : "\n" + indent + line)
                .collect(Collectors.joining());
        return (bound.isTrue(1) ? indent : "") + lines.get(0) + rest;
    }

    private static Object whole(Object value, Bound bound) {
        Object fallback = bound.value(0, 0L);
        Values.requireDefined(value);
        if (value instanceof String text) {
            String digits = Texts.strip(text, null, true, true);
            if (!WHOLE.matcher(digits).matches()) {
                return REAL.matcher(digits).matches() ? whole(parsed(digits), bound) : fallback;
            }
            try {
                return Long.valueOf(digits.replace("_", ""));
            } catch (NumberFormatException e) {
                throw new TemplateException("a number of " + digits.length() + " digits", e);
            }
        }
        if (value instanceof Double number) {
            return Double.isFinite(number) && Math.abs(number) < 0x1p63 ? (Object) number.longValue() : fallback;
        }
        return Numbers.isNumber(value) ? Numbers.operate("+", value, 0L) : fallback;
    }

    private static Object real(Object value, Bound bound) {
        Values.requireDefined(value);
        if (value instanceof String text) {
            String digits = Texts.strip(text, null, true, true);
            return REAL.matcher(digits).matches() ? (Object) parsed(digits) : bound.value(0, 0.0);
        }
        return Numbers.isNumber(value) ? (Object) Numbers.real(value) : bound.value(0, 0.0);
    }

    private static double parsed(String digits) {
        String small = digits.toLowerCase(Locale.ROOT);
        if (small.endsWith("nan")) {
            return Double.NaN;
        }
        if (small.contains("inf")) {
            return small.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        return Double.parseDouble(small);
    }

    private static Object rounded(String what, Object value, Arguments arguments) {
        Bound bound = arguments.bind(what, 0, "precision", "method");
        Values.requireDefined(value);
        if (!Numbers.isNumber(value)) {
            throw new TemplateException(what + " needs a number, not " + Values.type(value));
        }
        int precision = (int) Math.max(-400, Math.min(400, bound.integer(0, 0)));
        double number = Numbers.real(value);
        String method = bound.text(1, "common");
        if (!Double.isFinite(number)) {
            return value;
        }
        return switch (method) {
            case "common" -> {
                double nearest = new BigDecimal(number)
                        .setScale(precision, RoundingMode.HALF_EVEN)
                        .doubleValue();
                yield value instanceof Double ? (Object) Math.copySign(nearest, number) : (Object) (long) nearest;
            }
            case "ceil", "floor" -> {
                double scale = Math.pow(10, precision);
                yield (method.equals("ceil") ? Math.ceil(number * scale) : Math.floor(number * scale)) / scale;
            }
            default ->
                throw new TemplateException(
                        what + ": the method " + Texts.repr(method) + " is none of common, ceil, floor");
        };
    }
}
