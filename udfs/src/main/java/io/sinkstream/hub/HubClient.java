package io.sinkstream.hub;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/** Asks the hub, and hosts that it sends on to, which never see the token. */
final class HubClient {
    private static final int MOST_REDIRECTS = 8;
    private static final Duration CONNECTING = Duration.ofSeconds(10);

    private final URI endpoint;
    private final Optional<HubToken> token;
    private final Duration patience;
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECTING)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    HubClient(HubEnvironment environment) {
        this.endpoint = environment.endpoint();
        this.token = environment.token();
        this.patience = environment.patience();
    }

    URI endpoint() {
        return endpoint;
    }

    /** How long nothing may come. */
    Duration patience() {
        return patience;
    }

    /** What the hub knows of a model's revision, in JSON. The caller closes the body. */
    HttpResponse<InputStream> listing(HubName name) throws IOException, InterruptedException {
        String revision = name.revision().replace("/", "%2F");
        return checked(name, send("GET", "/api/models/" + name.repository() + "/revision/" + revision, 0));
    }

    /** The headers of a file of a commit: what the hub itself says, not what another host would. */
    HttpHeaders headers(HubName commit, String file) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = send("HEAD", place(commit, file), 0);
        response.body().close();
        return isRedirect(response)
                ? response.headers()
                : checked(commit, response).headers();
    }

    /** A file of a commit from byte {@code from} on, or all of it, as the status says. The caller closes the body. */
    HttpResponse<InputStream> content(HubName commit, String file, long from) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = send("GET", place(commit, file), from);
        return response.statusCode() == 416 ? response : checked(commit, response);
    }

    private static String place(HubName commit, String file) {
        return "/" + commit.repository() + "/resolve/" + commit.revision() + "/" + file;
    }

    private HttpResponse<InputStream> send(String method, String place, long from)
            throws IOException, InterruptedException {
        URI at = URI.create(endpoint + place);
        for (int hops = 0; hops <= MOST_REDIRECTS; hops++) {
            HttpRequest.Builder request = HttpRequest.newBuilder(at)
                    .method(method, BodyPublishers.noBody())
                    .timeout(patience)
                    .header("User-Agent", "sinkstream")
                    .header("Accept-Encoding", "identity");
            if (from > 0) {
                request.header("Range", "bytes=" + from + "-");
            }
            if (isHub(at)) {
                token.ifPresent(ours -> ours.addTo(request));
            }
            HttpResponse<InputStream> response = http.send(request.build(), BodyHandlers.ofInputStream());
            if (!isRedirect(response)) {
                return response;
            }
            URI next = next(at, response);
            if (method.equals("HEAD") && !isHub(next)) {
                return response;
            }
            response.body().close();
            at = next;
        }
        throw new UserException(endpoint + ": sends on more than " + MOST_REDIRECTS + " times; check HF_ENDPOINT");
    }

    private static boolean isRedirect(HttpResponse<?> response) {
        return switch (response.statusCode()) {
            case 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
    }

    private URI next(URI at, HttpResponse<?> response) {
        try {
            URI next = at.resolve(response.headers().firstValue("Location").orElse(""));
            boolean isSafe = "https".equals(next.getScheme())
                    || ("http".equals(next.getScheme()) && "http".equals(endpoint.getScheme()));
            if (isSafe && next.getHost() != null) {
                return next;
            }
        } catch (IllegalArgumentException e) {
            // Not shown: an address of a store may have its key in it.
        }
        throw new UserException(
                endpoint + ": sends on to what is no address that is as safe as its own; check" + " HF_ENDPOINT");
    }

    private boolean isHub(URI uri) {
        return endpoint.getScheme().equals(uri.getScheme())
                && endpoint.getHost().equalsIgnoreCase(uri.getHost())
                && endpoint.getPort() == uri.getPort();
    }

    private HttpResponse<InputStream> checked(HubName name, HttpResponse<InputStream> response) throws IOException {
        int status = response.statusCode();
        if (status == 200 || status == 206) {
            return response;
        }
        response.body().close();
        if (status == 408 || status == 429 || status >= 500) {
            throw new BusyException(status, pause(response.headers()));
        }
        String hub = endpoint + " answers " + status + " for " + name;
        throw new UserException(
                switch (status) {
                    case 401 ->
                        hub + ": there is no such model, or not for everyone; "
                                + (token.isPresent()
                                        ? "the token (HF_TOKEN, or the file of hf auth login) is not valid for it"
                                        : "for a private one set HF_TOKEN");
                    case 403 ->
                        hub + ": its owner asks for consent, or the token may not read it; accept the terms at "
                                + endpoint + "/" + name.repository()
                                + ", and set HF_TOKEN to a token of that account that may read it";
                    case 404 -> hub + ": there is no such model, revision or file";
                    default -> hub + "; expected 200; check HF_ENDPOINT";
                });
    }

    private static Optional<Duration> pause(HttpHeaders headers) {
        Optional<String> text = headers.firstValue("Retry-After").map(String::strip);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        if (text.get().matches("[0-9]{1,9}")) {
            return text.map(Long::parseLong).map(Duration::ofSeconds);
        }
        try {
            Instant then = ZonedDateTime.parse(text.get(), DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration until = Duration.between(Instant.now(), then);
            return Optional.of(until.isNegative() ? Duration.ZERO : until);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }
}
