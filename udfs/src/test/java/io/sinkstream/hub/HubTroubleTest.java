package io.sinkstream.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever goes wrong on the way from the hub is waited for, mended or told. */
class HubTroubleTest extends HubTrial {
    @Test
    void aCutConnectionGoesOnWhereItWas() {
        server.failing(HubServer.cutAfter(100_000));
        hub().download(NAME);

        assertIsThere();
        assertThat(server.ofStore()).hasSize(2);
        // How much of what was sent came before the cut is the system's.
        assertThat(server.ofStore().get(1).range()).matches("bytes=[0-9]+-");
        assertThat(surroundings.pauses()).containsExactly(Duration.ofSeconds(1));
    }

    @Test
    void aServerThatKnowsNoRangesBeginsAnew() {
        server.failing(HubServer.cutAfter(100_000), (exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            exchange.getResponseBody().write(content);
            exchange.close();
            return true;
        });
        hub().download(NAME);

        assertIsThere();
    }

    @Test
    void aSlowDripIsWaitedForAndAStallIsCut() throws IOException {
        CountDownLatch over = new CountDownLatch(1);
        server.failing((exchange, content) -> {
            exchange.sendResponseHeaders(200, content.length);
            for (int i = 0; i < 12; i++) {
                exchange.getResponseBody().write(content, i, 1);
                exchange.getResponseBody().flush();
                await(over, 200);
            }
            // Longer than the second that the environment allows.
            await(over, 20_000);
            exchange.close();
            return true;
        });
        hub().download(NAME);
        over.countDown();

        assertIsThere();
        assertThat(server.ofStore()).extracting(HubServer.Request::range).containsExactly(null, "bytes=12-");
    }

    @ParameterizedTest
    @CsvSource({"408, 1", "500, 1", "502, 1", "503, 1", "429, 1"})
    void aBusyHubIsAskedAgain(int status, int seconds) {
        server.failing(HubServer.status(status), HubServer.status(status));
        hub().download(NAME);

        assertIsThere();
        assertThat(surroundings.pauses()).containsExactly(Duration.ofSeconds(seconds), Duration.ofSeconds(2));
    }

    @Test
    void retryAfterIsObeyed() {
        String then = ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(100).format(DateTimeFormatter.RFC_1123_DATE_TIME);
        server.failing(HubServer.status(429, "17"), HubServer.status(503, then));
        hub().download(NAME);

        assertIsThere();
        assertThat(surroundings.pauses().get(0)).isEqualTo(Duration.ofSeconds(17));
        assertThat(surroundings.pauses().get(1)).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(100));
    }

    @Test
    void aWaitThatIsTooLongIsTold() {
        server.failing(HubServer.status(429, "3600"));

        assertThat(refusal())
                .isEqualTo(COMMIT + ": " + WEIGHTS + " from " + server.endpoint()
                        + ": it answers 429 and asks to wait 3600 s; begin again then: what came is kept");
        assertThat(surroundings.pauses()).isEmpty();
    }

    @Test
    void aHubThatStaysBusyIsToldAfterSixTimes() {
        for (int i = 0; i < 6; i++) {
            server.failing(HubServer.status(500));
        }

        assertThat(refusal()).endsWith(": it answers 500, 6 times; begin again later: what came is kept");
        assertThat(surroundings.pauses()).hasSize(5).endsWith(Duration.ofSeconds(16));
    }

    @Test
    void aHubThatIsNotThereIsTold() {
        server.close();

        assertThat(refusal())
                .startsWith("org/m@main from " + server.endpoint() + ": ConnectException")
                .endsWith(", 6 times; begin again later: what came is kept");
    }

    @ParameterizedTest
    @CsvSource({
        "401, there is no such model, or not for everyone; the token",
        "403, accept the terms at",
        "404, 'there is no such model, revision or file'",
        "418, expected 200; check HF_ENDPOINT"
    })
    void whatTheHubRefusesIsTold(int status, String advice) {
        environment.put("HF_TOKEN", SECRET);
        server.failing(HubServer.status(status));

        assertThat(refusal())
                .startsWith(server.endpoint() + " answers " + status + " for " + COMMIT)
                .contains(advice);
        assertThat(surroundings.pauses()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"401, the token", "403, accept the terms at", "404, 'there is no such model, revision or file'"})
    void whatTheHubRefusesAtFirstIsTold(int status, String advice) {
        environment.put("HF_TOKEN", SECRET);
        server.failingAtFirst(HubServer.status(status));

        assertThat(refusal())
                .startsWith(server.endpoint() + " answers " + status + " for org/m@main: ")
                .contains(advice);
        assertThat(server.requests()).hasSize(1);
    }

    @Test
    void aHubThatIsBusyAtFirstIsWaitedFor() {
        server.failingAtFirst(HubServer.status(429, "17"), HubServer.status(503), (exchange, content) -> {
            // Cut in mid-answer.
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write('{');
            exchange.close();
            return true;
        });
        hub().download(NAME);

        assertIsThere();
        assertThat(surroundings.pauses())
                .containsExactly(Duration.ofSeconds(17), Duration.ofSeconds(2), Duration.ofSeconds(4));
    }

    @Test
    void withoutATokenTheHubMayWantOne() {
        server.failing(HubServer.status(401));

        assertThat(refusal()).endsWith("for a private one set HF_TOKEN");
    }

    @Test
    void aRevisionThatIsNotThereIsTold() {
        Throwable thrown = catchThrowable(() -> hub().download(NAME.at("v9")));

        assertThat(thrown)
                .hasMessage(server.endpoint() + " answers 404 for org/m@v9: there is no such model, revision or file");
    }

    @Test
    void contentOfAnotherHashIsRefusedAndNotKept() {
        byte[] other = weights.clone();
        other[77]++;
        server.failing((exchange, content) -> {
            exchange.sendResponseHeaders(200, other.length);
            exchange.getResponseBody().write(other);
            exchange.close();
            return true;
        });

        assertThat(refusal())
                .isEqualTo(COMMIT + ": " + WEIGHTS + " from " + server.endpoint() + " is not what its hash, "
                        + HubServer.hash("SHA-256", weights) + ", says; begin again, or check HF_ENDPOINT");
        assertThat(partial()).doesNotExist();
        assertThat(snapshot(WEIGHTS)).doesNotExist();
        assertThat(model.resolve("refs/main")).doesNotExist();

        hub().download(NAME);
        assertIsThere();
    }

    @Test
    void aPartOfSomethingElseIsBroughtAnew() throws IOException {
        Files.createDirectories(partial().getParent());
        Files.write(partial(), new byte[1000]);
        hub().download(NAME);

        assertIsThere();
        assertThat(server.ofStore()).extracting(HubServer.Request::range).containsExactly("bytes=1000-", null);
    }

    @Test
    void moreThanTheHubSaidIsRefused() {
        server.withHeader("X-Linked-Size", "1000");

        assertThat(refusal()).endsWith(" has more than the 1000 bytes that the hub says it has");
        assertThat(partial())
                .satisfiesAnyOf(file -> assertThat(file).doesNotExist(), file -> assertThat(Files.size(file))
                        .isLessThan(1001));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../../../x", "", "0123", "ABCDEF0123456789abcdef0123456789abcdef01"})
    void aHashThatIsNoneNamesNoFile(String etag) {
        server.withHeader("X-Linked-Etag", '"' + etag + '"');

        assertThat(refusal()).startsWith(WEIGHTS + ": the hub gives no hash of it");
    }

    @Test
    void aDiskWithoutRoomIsToldBeforeItIsFull() {
        surroundings.freeBytes(299_999);

        assertThat(refusal())
                .isEqualTo(COMMIT + ": " + WEIGHTS + " takes 300000 more bytes, and "
                        + model.resolve("blobs") + " has room for 299999; make room, or set HF_HOME to a folder with"
                        + " more");
    }

    @Test
    void aDiskThatIsFullIsTold() throws IOException {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "there is no /dev/full");
        Files.createDirectories(partial().getParent());
        Files.createSymbolicLink(partial(), full);

        assertThat(refusal())
                .startsWith(partial() + ": can't be written (No space left on device); make room, or set HF_HOME");
        assertThat(surroundings.pauses()).isEmpty();

        Files.delete(partial());
        hub().download(NAME);
        assertIsThere();
    }
}
