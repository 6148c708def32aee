package io.sinkstream.hub;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the hub calls a model.
 *
 * @param repository {@code org/name}, or {@code name} for what is only in the cache
 * @param revision a branch, a tag or a commit
 */
public record HubName(String repository, String revision) {
    private static final String MAIN = "main";

    private static final Pattern FORM =
            Pattern.compile("(?<name>[A-Za-z0-9][\\w.-]*(?:/[A-Za-z0-9][\\w.-]*)?)(?:@(?<revision>[\\w][\\w./-]*))?");

    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

    /** The name that stands in {@code text} as {@code org/name}, {@code name} or one of them and {@code @revision}. */
    public static Optional<HubName> of(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches() || text.contains("..")) {
            return Optional.empty();
        }
        String revision = Optional.ofNullable(form.group("revision")).orElse(MAIN);
        return Optional.of(new HubName(form.group("name"), revision));
    }

    static boolean isCommit(String text) {
        return COMMIT.matcher(text).matches();
    }

    /** Whether the hub can be asked for it. A bare name is too easily a misspelt folder. */
    public boolean isDownloadable() {
        return repository.contains("/");
    }

    /** The same model's revision of this name. */
    public HubName at(String other) {
        return new HubName(repository, other);
    }

    @Override
    public String toString() {
        return repository + "@" + revision;
    }
}
