package io.sinkstream.harness;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The documents' queries, which are of a table {@code logs}. A program that has nothing but the jar can have this class, too. */
public final class ReadmeSql {
    /** The table. */
    public static final String LOGS =
            "SELECT * FROM VALUES ('a', 1, 'INFO started'), ('a', 2, 'INFO done') AS (host, time, text)";

    private static final Pattern SNIPPET = Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL);

    private ReadmeSql() {}

    /** All of them, in their order. */
    public static List<String> queries(String documents) {
        return SNIPPET.matcher(documents)
                .results()
                .map((MatchResult snippet) -> snippet.group(1))
                .flatMap(snippet -> Stream.of(snippet.split(";\\s*")))
                .filter(query -> !query.isBlank())
                .toList();
    }
}
