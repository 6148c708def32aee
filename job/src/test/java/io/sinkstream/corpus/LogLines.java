package io.sinkstream.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The lines of one process's log.
 *
 * @param lines in their order
 */
record LogLines(List<String> lines) {
    private static final int LONGEST = 2000;

    private static final String LEVEL = "(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|SEVERE)";

    /** Begins an entry, in one of the layouts that the programs log in. */
    private static final Pattern ENTRY =
            Pattern.compile("\\[?\\d{2,4}[-/]\\d\\d[-/]\\d\\d(\\d\\d)?[ T]\\d\\d:\\d\\d:\\d\\d.*"
                    + "|\\d\\d:\\d\\d:\\d\\d.*|\\[\\d+\\.\\d+s\\].*|[A-Z][a-z]{2} \\d\\d \\d\\d:\\d\\d:\\d\\d .*"
                    + "|\\[" + LEVEL + " *\\].*|" + LEVEL + " \\d{4}-.*|\\d{6,13} (\\d+ )*" + LEVEL + " .*|\\{\".*");

    /** The level stands before the message, behind the time, the thread and names of hosts and programs. */
    private static final Pattern ERROR = Pattern.compile(
            "(\\[?[\\d/:.,TZ+ -]{6,30}\\]?\\s+)(- )?(\\[[^]]*\\] )?(- )?(ERROR|FATAL)\\b.*"
                    + "|\\[?(ERROR|FATAL) *\\].*|(ERROR|FATAL) \\d{4}-.*|[A-Z][a-z]{2} \\d\\d [\\d:]{8} \\S+ \\S+: (ERROR|FATAL)\\b.*"
                    + "|[^|]{10,40}\\|(ERROR|FATAL)\\|.*|\\[[\\d: ,-]+\\] \\[myid:\\d*\\] - (ERROR|FATAL)\\b.*"
                    + "|[\\d: ,-]+\\[myid:\\d*\\] - (ERROR|FATAL)\\b.*"
                    + "|\\{\".*\"(log\\.)?level\":\"(ERROR|FATAL)\".*|\\{\".*\"(exception\":\\{\"class\":\"|error\\.type\":\").*");

    /** Errors only to Spark and to HDFS. */
    private static final Pattern ASKED_TO_END =
            Pattern.compile("RECEIVED SIGNAL TERM|Command processor encountered interrupt");

    private static final Pattern HEADER = Pattern.compile(
            "(Exception in thread .*|Traceback \\(most recent call last\\):|(Caused by: |Suppressed: )?([a-z]\\w*\\.)+[\\w$]*(Exception|Error|Throwable|Failure)\\b.*)");
    private static final Pattern FRAME = Pattern.compile("\\s+(at \\S+.*|\\.\\.\\. \\d+ (more|common frames omitted))");

    /** What Spark and Kafka say of a process that was killed, or of what vanished, at other levels than ERROR. */
    private static final Pattern LOSS = Pattern.compile(
            ".*(Lost (executor|task)|(exited with code|exitStatus) (?!0\\b|143\\b)\\d+"
                    + "|finished with state (EXITED|FAILED)|(Removing|Removed) worker .* (lost|because)|[Ww]orker lost|Connection re(set|fused)"
                    + "|Executor lost|Resubmitted|FetchFailed|UNKNOWN_TOPIC_OR_PARTITION|java\\.lang\\.OutOfMemoryError: ).*");

    /** Lines that are no longer than a collector of logs takes them, and no more than so many: the first and the last. */
    LogLines cut(int most) {
        List<String> cut = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (lines.size() <= most || i < most * 2 / 3 || i >= lines.size() - (most - most * 2 / 3)) {
                String line = lines.get(i).stripTrailing();
                cut.add(line.length() <= LONGEST ? line : line.substring(0, LONGEST));
            }
        }
        return new LogLines(cut);
    }

    /**
     * Which lines a failure wrote: entries at ERROR or FATAL with the lines that belong to them, exceptions with their
     * stacks and the entry above them, and entries that tell of something lost or killed. A stack that no exception begins
     * is a thread's, and no failure.
     */
    boolean[] odd() {
        boolean[] odd = new boolean[lines.size()];
        boolean isOddEntry = false;
        boolean isTrace = false;
        for (int i = 0; i < odd.length; i++) {
            String line = lines.get(i);
            if (ENTRY.matcher(line).matches()) {
                isOddEntry = ERROR.matcher(line).matches()
                        && !ASKED_TO_END.matcher(line).find();
                isTrace = false;
                odd[i] = isOddEntry || LOSS.matcher(line).matches();
            } else if (HEADER.matcher(line).matches()) {
                isTrace = true;
                odd[i] = true;
                if (i > 0 && !lines.get(i - 1).isBlank()) {
                    odd[i - 1] = true;
                }
            } else {
                isTrace = isTrace && FRAME.matcher(line).matches();
                odd[i] = isTrace || (isOddEntry && !line.isBlank());
            }
        }
        return odd;
    }

    /** So many lines, a good part of them from before the first failure. */
    LogLines aroundFirstOdd(int count) {
        boolean[] odd = odd();
        int first = 0;
        while (first < odd.length && !odd[first]) {
            first++;
        }
        int from = Math.max(0, Math.min(first - count * 2 / 3, lines.size() - count));
        return new LogLines(lines.subList(from, Math.min(lines.size(), from + count)));
    }
}
