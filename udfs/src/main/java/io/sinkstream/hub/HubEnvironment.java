package io.sinkstream.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What the environment says of the hub, by the rules of {@code huggingface_hub/constants.py}. */
public final class HubEnvironment {
    private static final String HUB = "https://huggingface.co";
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final String TIMEOUT = "HF_HUB_DOWNLOAD_TIMEOUT";
    private static final int LONGEST_TOKEN = 4096;

    private final Map<String, String> variables;
    private final UserFolders folders;

    /** @param variables the process's environment variables */
    public HubEnvironment(Map<String, String> variables) {
        this.variables = Map.copyOf(variables);
        this.folders = new UserFolders(this.variables);
    }

    /** The cache that all models lie in: the first that is set is the only one. */
    public Path cache() {
        return Stream.of("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")
                .flatMap(variable -> folders.named(variable).stream())
                .findFirst()
                .orElseGet(() -> home().resolve("hub"));
    }

    /** Whether the hub must not be asked. */
    public boolean isOffline() {
        return first("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
                .filter(HubEnvironment::isTrue)
                .isPresent();
    }

    /** Where the hub is, without a slash at its end. Throws UserException if it is no address of a web server. */
    URI endpoint() {
        String text = first("HF_ENDPOINT").orElse(HUB).replaceAll("/+$", "");
        try {
            URI uri = URI.create(text);
            boolean isWeb = List.of("http", "https").contains(String.valueOf(uri.getScheme()));
            if (isWeb
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // Not shown, as there may be a password in it.
        }
        throw new UserException("environment variable HF_ENDPOINT: expected an address such as " + HUB
                + ", without a user's name and a query");
    }

    /** How long nothing may come before a connection counts as cut. */
    Duration patience() {
        String text = first(TIMEOUT).orElse("10");
        if (!text.matches("[1-9][0-9]{0,4}")) {
            throw new UserException(
                    "environment variable " + TIMEOUT + ": expected seconds, a whole number from 1 to 99999");
        }
        return Duration.ofSeconds(Long.parseLong(text));
    }

    /** What shows the hub who asks, if there is anything: a variable, else the file that {@code hf auth login} writes. */
    Optional<HubToken> token() {
        if (first("HF_HUB_DISABLE_IMPLICIT_TOKEN")
                .filter(HubEnvironment::isTrue)
                .isPresent()) {
            return Optional.empty();
        }
        for (String variable : List.of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")) {
            Optional<HubToken> token = first(variable).flatMap(text -> HubToken.of(text, variable));
            if (token.isPresent()) {
                return token;
            }
        }
        Path file = folders.named("HF_TOKEN_PATH").orElseGet(() -> home().resolve("token"));
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (var in = Files.newInputStream(file)) {
            return HubToken.of(new String(in.readNBytes(LONGEST_TOKEN + 1), UTF_8), file.toString());
        } catch (IOException e) {
            throw new UserException(file + ": can't be read (" + e.getClass().getSimpleName() + ")", e);
        }
    }

    private Path home() {
        return folders.named("HF_HOME").orElseGet(() -> folders.caches().resolve("huggingface"));
    }

    private Optional<String> first(String... names) {
        return Stream.of(names)
                .map(name -> variables.getOrDefault(name, "").strip())
                .filter(value -> !value.isEmpty())
                .findFirst();
    }

    private static boolean isTrue(String value) {
        return TRUE.contains(value.toUpperCase(Locale.ROOT));
    }
}
