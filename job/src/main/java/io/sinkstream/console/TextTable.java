package io.sinkstream.console;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Tables for people to read. */
public final class TextTable {
    private TextTable() {}

    /** Columns as wide as their widest value; those whose title starts with {@code >} are flush right. */
    public static void print(PrintWriter out, List<String> titles, List<List<String>> rows) {
        List<List<String>> all = new ArrayList<>();
        List<String> plain =
                titles.stream().map(title -> title.replace(">", "")).toList();
        if (!String.join("", plain).isEmpty()) {
            all.add(plain);
        }
        all.addAll(rows);
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                int column = i;
                int width = all.stream()
                        .mapToInt(other -> other.get(column).length())
                        .max()
                        .orElse(0);
                String padding = " ".repeat(width - row.get(i).length());
                line.append("  ").append(titles.get(i).startsWith(">") ? padding + row.get(i) : row.get(i) + padding);
            }
            out.println(line.toString().stripTrailing());
        }
        out.println();
    }

    /** Without what would move the cursor. */
    public static String printable(String text) {
        return text.codePoints()
                .mapToObj(c -> Character.isISOControl(c) ? " " : Character.toString(c))
                .collect(Collectors.joining())
                .strip();
    }

    /** With commas. */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /** With two digits that count; nothing for none. */
    public static String share(Double number) {
        return number == null ? "" : String.format(Locale.ROOT, "%.2g", number);
    }

    /** With three decimals; a dash for none. */
    public static String number(double number) {
        return Double.isNaN(number) ? "-" : String.format(Locale.ROOT, "%,.3f", number);
    }
}
