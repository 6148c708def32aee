package io.sinkstream.hub;

import io.sinkstream.settings.UserException;
import java.net.http.HttpRequest;
import java.util.Optional;
import java.util.regex.Pattern;

/** A secret: it leaves this class in the header of a request, and no other way. */
final class HubToken {
    private static final Pattern FORM = Pattern.compile("[\\x21-\\x7e]{1,4096}");

    private final String secret;

    private HubToken(String secret) {
        this.secret = secret;
    }

    /** The token in {@code text}, if there is one in it. {@code source} is how messages call the place. */
    static Optional<HubToken> of(String text, String source) {
        String secret = text.replaceAll("[\\r\\n]", "").strip();
        if (secret.isEmpty()) {
            return Optional.empty();
        }
        // HttpRequest's own refusal of such a header would show it.
        if (!FORM.matcher(secret).matches()) {
            throw new UserException(source + ": is no token; expected letters, digits and signs, without spaces");
        }
        return Optional.of(new HubToken(secret));
    }

    void addTo(HttpRequest.Builder request) {
        request.header("Authorization", "Bearer " + secret);
    }

    @Override
    public String toString() {
        return "HubToken";
    }
}
