package io.sinkstream.console;

import io.sinkstream.settings.Settings;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A run that failed because executors ended again and again, each time under the same task. */
final class LostExecutor {
    private static final Pattern FORM = Pattern.compile(
            "ExecutorLostFailure \\(executor (?<id>\\S+) exited[^)]*\\)(?: Reason:\\s*(?<reason>[^\\r\\n]*))?");

    /** What YARN, Kubernetes and a kernel leave of what they end for its memory. */
    private static final Pattern MEMORY =
            Pattern.compile("(?i)memory limit|memory used|\\boom|out of memory|sigkill|(?:code|status):? ?137");

    private LostExecutor() {}

    /** What to say of it, if this is one's message. */
    static Optional<String> told(String message) {
        Matcher lost = FORM.matcher(message);
        if (!lost.find()) {
            return Optional.empty();
        }
        String reason = Optional.ofNullable(lost.group("reason")).orElse("").strip();
        String advice = MEMORY.matcher(reason).find()
                ? "; it may have taken more memory than it was given: set spark.executor.memoryOverhead to what the weights, "
                        + Settings.CACHE_MEMORY + " and 1 GiB for libtorch take together, or give a smaller "
                        + Settings.CACHE_MEMORY
                : "; its log says more";
        return Optional.of("executor " + lost.group("id") + " was lost, as those before it"
                + (reason.isEmpty() ? "" : ": " + reason.replaceFirst("[.\\s]+$", "")) + advice);
    }
}
