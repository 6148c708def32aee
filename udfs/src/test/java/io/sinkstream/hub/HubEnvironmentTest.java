package io.sinkstream.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The hub's environment variables mean what they mean in Python. */
class HubEnvironmentTest {
    @TempDir
    private Path home;

    private final Map<String, String> variables = new HashMap<>();

    private HubEnvironment environment() {
        variables.put("HOME", home.toString());
        return new HubEnvironment(variables);
    }

    private String authorization() {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://hub"));
        environment().token().ifPresent(token -> token.addTo(request));
        return request.build().headers().firstValue("Authorization").orElse("none");
    }

    @Test
    void aTokenIsAVariablesOrTheLoginsFile() throws IOException {
        assertThat(authorization()).isEqualTo("none");
        Path file = Files.createDirectories(home.resolve(".cache/huggingface")).resolve("token");
        Files.writeString(file, " hf_file\n");
        assertThat(authorization()).isEqualTo("Bearer hf_file");
        variables.put("HF_HOME", "~/hf");
        assertThat(authorization()).isEqualTo("none");
        variables.put("HF_TOKEN_PATH", file.toString());
        assertThat(authorization()).isEqualTo("Bearer hf_file");
        variables.put("HUGGING_FACE_HUB_TOKEN", "hf_old");
        assertThat(authorization()).isEqualTo("Bearer hf_old");
        variables.put("HF_TOKEN", "hf_new\r\n");
        assertThat(authorization()).isEqualTo("Bearer hf_new");
        variables.put("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
        assertThat(authorization()).isEqualTo("none");
    }

    @Test
    void aTokenIsNeverShown() {
        variables.put("HF_TOKEN", "hf_secret");
        assertThat(environment().token().orElseThrow()).asString().doesNotContain("hf_secret");

        variables.put("HF_TOKEN", "hf_sec ret");
        assertThatThrownBy(() -> environment().token())
                .isExactlyInstanceOf(UserException.class)
                .hasMessage("HF_TOKEN: is no token; expected letters, digits and signs, without spaces");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "on", "Yes", "TRUE"})
    void offlineIsWhatPythonTakesForTrue(String value) {
        assertThat(environment().isOffline()).isFalse();
        variables.put("HF_HUB_OFFLINE", value);
        assertThat(environment().isOffline()).isTrue();
        variables.put("HF_HUB_OFFLINE", "0");
        assertThat(environment().isOffline()).isFalse();
    }

    @Test
    void theEndpointIsTheHubOrAMirror() {
        assertThat(environment().endpoint()).isEqualTo(URI.create("https://huggingface.co"));
        variables.put("HF_ENDPOINT", "https://mirror.example/hf/");
        assertThat(environment().endpoint()).isEqualTo(URI.create("https://mirror.example/hf"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mirror", "ftp://m", "https://me:secret@m", "https://m?key=secret", "https://m/ secret"})
    void anEndpointThatIsNoneIsRefusedWithoutWhatIsInIt(String endpoint) {
        variables.put("HF_ENDPOINT", endpoint);
        assertThatThrownBy(() -> environment().endpoint())
                .isExactlyInstanceOf(UserException.class)
                .hasMessageStartingWith("environment variable HF_ENDPOINT: expected an address")
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "ten", "100000"})
    void patienceIsWholeSeconds(String seconds) {
        assertThat(environment().patience()).hasSeconds(10);
        variables.put("HF_HUB_DOWNLOAD_TIMEOUT", seconds);
        assertThatThrownBy(() -> environment().patience())
                .hasMessage("environment variable HF_HUB_DOWNLOAD_TIMEOUT: expected seconds, a whole number from 1 to"
                        + " 99999");
    }
}
