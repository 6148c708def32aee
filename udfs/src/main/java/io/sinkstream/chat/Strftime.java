package io.sinkstream.chat;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** {@code datetime.now().strftime(...)}, in English. */
final class Strftime {
    /** What stands behind the percent sign, a minus for no zero in front among it. */
    private static final Map<String, String> FORMS = Map.ofEntries(
            Map.entry("a", "EEE"),
            Map.entry("A", "EEEE"),
            Map.entry("b", "MMM"),
            Map.entry("h", "MMM"),
            Map.entry("B", "MMMM"),
            Map.entry("d", "dd"),
            Map.entry("-d", "d"),
            Map.entry("e", "ppd"),
            Map.entry("m", "MM"),
            Map.entry("-m", "M"),
            Map.entry("y", "yy"),
            Map.entry("Y", "yyyy"),
            Map.entry("H", "HH"),
            Map.entry("-H", "H"),
            Map.entry("I", "hh"),
            Map.entry("-I", "h"),
            Map.entry("M", "mm"),
            Map.entry("-M", "m"),
            Map.entry("S", "ss"),
            Map.entry("-S", "s"),
            Map.entry("p", "a"),
            Map.entry("j", "DDD"),
            Map.entry("-j", "D"),
            Map.entry("f", "SSSSSS"),
            Map.entry("F", "yyyy-MM-dd"),
            Map.entry("D", "MM/dd/yy"),
            Map.entry("T", "HH:mm:ss"),
            Map.entry("R", "HH:mm"),
            Map.entry("x", "MM/dd/yy"),
            Map.entry("X", "HH:mm:ss"),
            Map.entry("c", "EEE MMM ppd HH:mm:ss yyyy"));

    private Strftime() {}

    static String format(String format, Clock clock) {
        ZonedDateTime now = ZonedDateTime.now(clock);
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < format.length()) {
            if (format.charAt(at) != '%') {
                out.append(format.charAt(at++));
                continue;
            }
            int end = Math.min(format.length(), at + (format.startsWith("%-", at) ? 3 : 2));
            String directive = format.substring(at + 1, end);
            out.append(part(directive, now));
            at = end;
        }
        return out.toString();
    }

    private static String part(String directive, ZonedDateTime now) {
        return switch (directive) {
            case "%" -> "%";
            case "n" -> "\n";
            case "t" -> "\t";
            case "u" -> Integer.toString(now.getDayOfWeek().getValue());
            case "w" -> Integer.toString(now.getDayOfWeek().getValue() % 7);
            // Python's time without a zone has none to show.
            case "z", "Z" -> "";
            default -> {
                String form = FORMS.get(directive);
                if (form == null) {
                    throw new TemplateException("the date format %" + directive + " is not supported");
                }
                // "US" has AM and PM in capitals in every version of Java, as C has.
                yield DateTimeFormatter.ofPattern(form, Locale.US).format(now);
            }
        };
    }
}
