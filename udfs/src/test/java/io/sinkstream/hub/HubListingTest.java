package io.sinkstream.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.UserException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server says that it has is not believed before it is looked at. */
class HubListingTest {
    private static InputStream of(String text) {
        return new ByteArrayInputStream(text.getBytes(UTF_8));
    }

    @Test
    void aCommitAndItsFiles() throws IOException {
        HubListing listing = HubListing.read(
                of("{\"x\": {\"sha\": 1}, \"sha\": \"" + HubServer.COMMIT
                        + "\", \"siblings\": [{\"size\": 3, \"rfilename\": \"a\"}]}"),
                "hub");

        assertThat(listing.commit()).isEqualTo(HubServer.COMMIT);
        assertThat(listing.files()).containsExactly("a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "<html>", "{\"sha\": {}}", "{\"siblings\": [1]}", "{\"siblings\": 1}"})
    void whatIsNoListingIsRefused(String answer) {
        assertThatThrownBy(() -> HubListing.read(of(answer), "hub"))
                .isExactlyInstanceOf(UserException.class)
                .hasMessage("hub: its answer is not the JSON of a model; check HF_ENDPOINT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"sha\": \"../../etc\"}"})
    void aCommitThatIsNoneIsRefused(String answer) {
        assertThatThrownBy(() -> HubListing.read(of(answer), "hub"))
                .isExactlyInstanceOf(UserException.class)
                .hasMessage("hub: its answer has no commit as sha; check HF_ENDPOINT");
    }

    @Test
    void anAnswerWithoutEndIsNotRead() {
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                return ' ';
            }
        };

        assertThatThrownBy(() -> HubListing.read(endless, "hub"))
                .isExactlyInstanceOf(UserException.class)
                .hasMessageContaining("is longer than");
    }
}
