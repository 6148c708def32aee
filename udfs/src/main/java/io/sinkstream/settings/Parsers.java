package io.sinkstream.settings;

import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** From the text of a setting to its value. Each throws IllegalArgumentException with the text and what is allowed. */
final class Parsers {
    private static final Pattern BYTES = Pattern.compile("(\\d{1,18})\\s*([kmgt]?)(?:i?b)?");
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|h|d)");
    private static final Pattern BOUNDED = Pattern.compile("bounded:([1-9]\\d{0,5})");
    private static final Pattern PICTURE = Pattern.compile("(\\d{1,6})x(\\d{1,6})");
    private static final int LEAST_PIXELS = 200;
    private static final int MOST_PIXELS = 10_000;
    private static final Pattern PERCENT = Pattern.compile("(\\d{1,3})\\s*%");

    private Parsers() {}

    /** {@code true} or {@code false} and nothing else: a misspelt one is no {@code false}. */
    static boolean booleanValue(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(text, "true or false");
        };
    }

    /** A whole number, at least {@code least}. */
    static Function<String, Integer> wholeNumber(int least) {
        return wholeNumber(least, Integer.MAX_VALUE);
    }

    /** A whole number from {@code least} to {@code most}. */
    static Function<String, Integer> wholeNumber(int least, int most) {
        return text -> {
            try {
                int value = Integer.parseInt(text);
                if (value >= least && value <= most) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // Told below, as a number out of range is.
            }
            throw wrong(text, "a whole number from " + least + " to " + most);
        };
    }

    /** A number from {@code least} to {@code most}. */
    static Function<String, Double> number(double least, double most) {
        return text -> {
            try {
                double value = Double.parseDouble(text);
                if (value >= least && value <= most) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // Told below, as a number out of range is.
            }
            throw wrong(text, "a number from " + least + " to " + most);
        };
    }

    /** A number above {@code bound}, at most {@code most}. */
    static Function<String, Double> above(double bound, double most) {
        return text -> {
            try {
                double value = Double.parseDouble(text);
                if (value > bound && value <= most) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // Told below, as a number out of range is.
            }
            throw wrong(text, "a number above " + bound + ", at most " + most);
        };
    }

    /** A number between {@code least} and {@code most}, neither of which it may be. */
    static Function<String, Double> within(double least, double most) {
        return text -> {
            try {
                double value = Double.parseDouble(text);
                if (value > least && value < most) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // Told below, as a number out of range is.
            }
            throw wrong(text, "a number above " + least + " and below " + most);
        };
    }

    /** Token ids, joined by commas. */
    static Set<Integer> tokens(String text) {
        try {
            return new LinkedHashSet<>(list(wholeNumber(0)).apply(text));
        } catch (IllegalArgumentException e) {
            throw wrong(text, "token ids joined by commas, such as 5,17");
        }
    }

    /** Lists of token ids, joined by semicolons. */
    static List<List<Integer>> tokenSequences(String text) {
        try {
            return Arrays.stream(text.split(";", -1)).map(list(wholeNumber(0))).toList();
        } catch (IllegalArgumentException e) {
            throw wrong(text, "lists of token ids joined by semicolons, such as 12,7;99");
        }
    }

    /** A text that is not empty, in which {@code \n} and the like stand for one character. */
    static String stop(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException("a text is empty; allowed is any other");
        }
        return unescaped(text);
    }

    /** Token ids and what is added to their logits. */
    static Map<Integer, Double> biases(Map<String, String> entries) {
        Map<Integer, Double> biases = new TreeMap<>();
        entries.forEach((token, bias) -> {
            try {
                biases.put(wholeNumber(0).apply(token), number(-100, 100).apply(bias));
            } catch (IllegalArgumentException e) {
                throw wrong(token + "=" + bias, "a token id, = and a number from -100 to 100");
            }
        });
        return biases;
    }

    /** Several values, joined by commas. */
    static <T> Function<String, List<T>> list(Function<String, T> one) {
        return text ->
                Arrays.stream(text.split(",", -1)).map(String::strip).map(one).toList();
    }

    /** {@code auto}, which is 0, or a whole number, at least 1. */
    static int autoOrCount(String text) {
        if (text.equals("auto")) {
            return 0;
        }
        try {
            return wholeNumber(1).apply(text);
        } catch (IllegalArgumentException e) {
            throw wrong(text, "auto or a whole number from 1 to " + Integer.MAX_VALUE);
        }
    }

    /** A number of bytes, with an optional unit: k, m, g or t, each 1,024 of the one before. */
    static long bytes(String text) {
        Matcher matcher = BYTES.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (matcher.matches()) {
            int shift = 10 * List.of("", "k", "m", "g", "t").indexOf(matcher.group(2));
            long number = Long.parseLong(matcher.group(1));
            if (number > 0 && number <= Long.MAX_VALUE >> shift) {
                return number << shift;
            }
        }
        throw wrong(text, "a number of bytes above 0, such as 65536, 16m or 4g");
    }

    /** A number of bytes or a share of the machine's memory. */
    static MemoryBudget memory(String text) {
        Matcher percent = PERCENT.matcher(text.strip());
        if (percent.matches()) {
            int share = Integer.parseInt(percent.group(1));
            if (share >= 1 && share <= 100) {
                return new MemoryBudget(0, share);
            }
        }
        try {
            return new MemoryBudget(bytes(text), 0);
        } catch (IllegalArgumentException e) {
            throw wrong(text, "a number of bytes above 0, such as 4g, or 1% to 100% of the machine's memory");
        }
    }

    /** One of an enum's constants, in lower case. */
    static <E extends Enum<E>> Function<String, E> choice(Class<E> type) {
        return text -> Arrays.stream(type.getEnumConstants())
                .filter(constant -> constant.name().toLowerCase(Locale.ROOT).equals(text))
                .findFirst()
                .orElseThrow(() -> wrong(
                        text,
                        list(Arrays.stream(type.getEnumConstants())
                                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                                .toList())));
    }

    /** One of some words; a word that is only planned is told apart from a wrong one. */
    static Function<String, String> choice(List<String> allowed, List<String> planned) {
        return text -> {
            if (allowed.contains(text)) {
                return text;
            }
            if (planned.contains(text)) {
                throw new IllegalArgumentException(
                        "\"" + text + "\" is not supported yet; allowed is " + list(allowed));
            }
            throw wrong(text, list(allowed));
        };
    }

    /** Text in which {@code \n}, {@code \t}, {@code \r} and {@code \\} stand for one character. */
    static String unescaped(String text) {
        Map<Character, Character> escapes = Map.of('n', '\n', 't', '\t', 'r', '\r', '\\', '\\');
        StringBuilder result = new StringBuilder();
        boolean escaping = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (escaping && !escapes.containsKey(c)) {
                break;
            }
            if (escaping || c != '\\') {
                result.append(escaping ? escapes.get(c) : c);
                escaping = false;
            } else {
                escaping = true;
            }
        }
        if (escaping) {
            throw wrong(text, "text in which a backslash is followed by n, t, r or another backslash");
        }
        return result.toString();
    }

    /** Any text but the empty one. */
    static String nonEmpty(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException("the value is empty; allowed is any other text");
        }
        return text;
    }

    /** A length of time, such as 500ms, 10s, 5m, 2h or 7d. */
    static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw wrong(text, "a length of time, such as 500ms, 10s, 5m, 2h or 7d");
        }
        long count = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(count);
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }

    /** A width and a height, such as 1200x800. */
    static PictureSize pictureSize(String text) {
        Matcher matcher = PICTURE.matcher(text.strip());
        if (matcher.matches()) {
            PictureSize size = new PictureSize(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
            if (Math.min(size.width(), size.height()) >= LEAST_PIXELS
                    && Math.max(size.width(), size.height()) <= MOST_PIXELS) {
                return size;
            }
        }
        throw wrong(
                text, "a width and a height from " + LEAST_PIXELS + " to " + MOST_PIXELS + " pixels, such as 1200x800");
    }

    /** {@code available-now} or an interval. */
    static MicroBatches microBatches(String text) {
        if (text.strip().equalsIgnoreCase("available-now")) {
            return MicroBatches.UNTIL_NOW;
        }
        try {
            return new MicroBatches(duration(text), false);
        } catch (IllegalArgumentException e) {
            throw wrong(text, "available-now or an interval, such as 10s");
        }
    }

    /** {@code exact} or {@code bounded:} and a number of windows. */
    static HistoryLength history(String text) {
        String lower = text.strip().toLowerCase(Locale.ROOT);
        if (lower.equals("exact")) {
            return HistoryLength.EXACT;
        }
        Matcher matcher = BOUNDED.matcher(lower);
        if (!matcher.matches()) {
            throw wrong(text, "exact or bounded: and a number of windows from 1, such as bounded:3");
        }
        return new HistoryLength(Integer.parseInt(matcher.group(1)));
    }

    private static String list(List<String> words) {
        return words.size() == 1
                ? words.get(0)
                : words.stream().limit(words.size() - 1L).collect(Collectors.joining(", "))
                        + " or "
                        + words.get(words.size() - 1);
    }

    private static IllegalArgumentException wrong(String found, String allowed) {
        return new IllegalArgumentException("\"" + found + "\" is wrong; allowed is " + allowed);
    }
}
