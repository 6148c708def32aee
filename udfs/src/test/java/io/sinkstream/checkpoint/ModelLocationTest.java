package io.sinkstream.checkpoint;

import static io.sinkstream.checkpoint.Refusals.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.hub.HubServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model is found as Hugging Face users expect: a folder, or a name in the local cache. */
class ModelLocationTest {
    private static final String COMMIT = "a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3e4f5a0b1";

    @TempDir
    Path home;

    private Path hub;
    private Map<String, String> environment;

    @BeforeEach
    void setHome() {
        hub = home.resolve(".cache/huggingface/hub");
        environment = Map.of("HOME", home.toString(), "HF_HUB_OFFLINE", "1");
    }

    private static Path cached(Path hub, String model, String revision) throws IOException {
        Path model0 = hub.resolve("models--" + model.replace("/", "--"));
        Path ref = model0.resolve("refs").resolve(revision);
        Files.createDirectories(ref.getParent());
        Files.writeString(ref, COMMIT);
        return Files.createDirectories(model0.resolve("snapshots").resolve(COMMIT));
    }

    @Test
    void aFolderIsTaken() throws IOException {
        Path folder = Files.createDirectories(home.resolve("models/a b"));

        assertThat(ModelLocation.resolve(folder.toString(), environment)).isEqualTo(folder);
        assertThat(ModelLocation.resolve(folder.toUri().toString(), environment))
                .isEqualTo(folder);
        assertThat(ModelLocation.resolve("~/models/a b", environment)).isEqualTo(folder);
    }

    @Test
    void aNameIsFoundInTheCacheByItsBranchTagOrCommit() throws IOException {
        Path snapshot = cached(hub, "org/tiny-1.5", "main");
        cached(hub, "org/tiny-1.5", "refs/pr/1");

        assertThat(ModelLocation.resolve("org/tiny-1.5", environment)).isEqualTo(snapshot);
        assertThat(ModelLocation.resolve("org/tiny-1.5@main", environment)).isEqualTo(snapshot);
        assertThat(ModelLocation.resolve("org/tiny-1.5@refs/pr/1", environment)).isEqualTo(snapshot);
        assertThat(ModelLocation.resolve("org/tiny-1.5@" + COMMIT, environment)).isEqualTo(snapshot);
        assertThat(ModelLocation.resolve("gpt2", Map.of("HF_HUB_CACHE", hubWith("gpt2"))))
                .exists();
    }

    private String hubWith(String model) throws IOException {
        Path other = home.resolve("other");
        cached(other, model, "main");
        return other.toString();
    }

    @Test
    void theFirstCacheThatIsSetIsTheOnlyOne() throws IOException {
        Path xdg = cached(home.resolve("xdg/huggingface/hub"), "o/m", "main");
        Path hfHome = cached(home.resolve("hf/hub"), "o/m", "main");
        Path hubCache = cached(home.resolve("cache"), "o/m", "main");
        Map<String, String> variables = Map.of(
                "HOME", home.toString(),
                "HF_HUB_OFFLINE", "yes",
                "XDG_CACHE_HOME", home.resolve("xdg").toString(),
                "HF_HOME", "~/hf",
                "HF_HUB_CACHE", home.resolve("cache").toString());

        assertThat(ModelLocation.resolve("o/m", variables)).isEqualTo(hubCache);
        assertThat(ModelLocation.resolve("o/m", without(variables, "HF_HUB_CACHE")))
                .isEqualTo(hfHome);
        assertThat(ModelLocation.resolve("o/m", without(without(variables, "HF_HUB_CACHE"), "HF_HOME")))
                .isEqualTo(xdg);
    }

    private static Map<String, String> without(Map<String, String> variables, String name) {
        Map<String, String> rest = new HashMap<>(variables);
        rest.remove(name);
        return rest;
    }

    @Test
    void aNameThatIsNowhereIsRefusedWithThePlacesLookedAt() {
        assertThat(refusal(() -> ModelLocation.resolve("org/none", environment)))
                .isEqualTo("--model \"org/none\": no such model; looked at "
                        + Path.of("org/none").toAbsolutePath() + ", " + hub.resolve("models--org--none/refs/main")
                        + "; HF_HUB_OFFLINE is set: download it with \"hf download org/none\" on every machine, or give a checkpoint's"
                        + " folder");
    }

    @Test
    void aRevisionWhoseSnapshotIsGoneIsRefusedWithThePlacesLookedAt() throws IOException {
        Files.delete(cached(hub, "org/m", "v2"));

        assertThat(refusal(() -> ModelLocation.resolve("org/m@v2", environment)))
                .contains(hub.resolve("models--org--m/refs/v2").toString())
                .contains(hub.resolve("models--org--m/snapshots/" + COMMIT).toString());
    }

    @Test
    void aFolderThatIsNotThereIsRefused() {
        assertThat(refusal(() -> ModelLocation.resolve(home + "/none", environment)))
                .isEqualTo("--model \"" + home + "/none\": no such model; looked at " + home
                        + "/none; expected a checkpoint's folder or a Hugging Face name, org/name");
    }

    @Test
    void aFileIsNoModel() throws IOException {
        Path file = Files.createFile(home.resolve("model.safetensors"));

        assertThat(refusal(() -> ModelLocation.resolve(file.toString(), environment)))
                .isEqualTo("--model \"" + file + "\": is a file; expected the folder that holds it");
    }

    @Test
    void aNameOfTheHubIsDownloadedOnceAndPinned() throws IOException {
        try (HubServer server = server()) {
            Path folder = ModelLocation.resolve("org/m", server.environment(home));

            assertThat(folder).isEqualTo(hub.resolve("models--org--m/snapshots/" + HubServer.COMMIT));
            assertThat(folder.resolve("model.safetensors")).hasContent("weights");
            String pinned = ModelLocation.pinned("org/m", folder);
            assertThat(pinned).isEqualTo("org/m@" + HubServer.COMMIT);
            int asked = server.paths().size();
            // A name that means another commit by now changes nothing for who has the pinned one.
            Files.writeString(hub.resolve("models--org--m/refs/main"), COMMIT);
            assertThat(ModelLocation.resolve(pinned, server.environment(home))).isEqualTo(folder);
            assertThat(server.paths()).hasSize(asked);
        }
    }

    @Test
    void anotherMachineDownloadsThePinnedCommit() throws IOException {
        try (HubServer server = server()) {
            Path folder = ModelLocation.resolve("org/m@" + HubServer.COMMIT, server.environment(home));

            assertThat(folder).endsWith(Path.of(HubServer.COMMIT));
            assertThat(server.paths()).isNotEmpty().noneMatch(path -> path.contains("main"));
            assertThat(hub.resolve("models--org--m/refs")).doesNotExist();
        }
    }

    @Test
    void whatTheCacheLacksOfItsCommitIsBrought() throws IOException {
        Path folder = hub.resolve("models--org--m/snapshots/" + HubServer.COMMIT);
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("config.json"), "python's");
        try (HubServer server = server()) {
            assertThat(ModelLocation.resolve("org/m@" + HubServer.COMMIT, server.environment(home)))
                    .isEqualTo(folder);
        }

        assertThat(folder.resolve("model.safetensors")).hasContent("weights");
        assertThat(folder.resolve("config.json")).hasContent("python's");
    }

    @Test
    void whatIsUsableIsTakenWhereTheHubDoesNotGiveTheRest() throws IOException {
        Path folder = hub.resolve("models--org--m/snapshots/" + COMMIT);
        Files.createDirectories(folder);
        Files.createFile(folder.resolve("config.json"));
        Files.createFile(folder.resolve("model.safetensors"));
        try (HubServer server = server()) {
            assertThat(ModelLocation.resolve("org/m@" + COMMIT, server.environment(home)))
                    .isEqualTo(folder);
        }
    }

    @Test
    void whatTheHubDoesNotHaveIsRefusedAndABareNameIsNotAskedFor() throws IOException {
        try (HubServer server = server()) {
            assertThat(refusal(() -> ModelLocation.resolve("org/none", server.environment(home))))
                    .startsWith("--model \"org/none\": http://127.0.0.1:")
                    .endsWith(" answers 404 for org/none@main: there is no such model, revision or file");
            int asked = server.paths().size();
            assertThat(refusal(() -> ModelLocation.resolve("misspelt", server.environment(home))))
                    .contains("no such model; looked at ");
            assertThat(server.paths()).hasSize(asked);
        }
    }

    private static HubServer server() throws IOException {
        return new HubServer()
                .with("config.json", "{}")
                .with("tokenizer.json", "{}")
                .with("tokenizer_config.json", "{}")
                .with("model.safetensors", "weights");
    }

    @Test
    void whatIsNoNameOfTheHubIsPinnedAsItIs() {
        assertThat(ModelLocation.pinned("builtin", home)).isEqualTo("builtin");
        assertThat(ModelLocation.pinned("/models/m", Path.of("/models/m"))).isEqualTo("/models/m");
        assertThat(ModelLocation.pinned("snapshots/m", Path.of("snapshots/m"))).isEqualTo("snapshots/m");
    }

    @Test
    void aRevisionIsOfANameOfTheHub() {
        assertThat(ModelLocation.at("org/m", "refs/pr/1")).isEqualTo("org/m@refs/pr/1");
        assertThat(refusal(() -> ModelLocation.at("org/m", "../x")))
                .isEqualTo("--revision \"../x\": expected a branch, a tag or a commit");
    }

    @ParameterizedTest
    @ValueSource(strings = {"builtin", "/models/m", "hdfs://n/m", "org/m@main"})
    void whatIsNoNameOfTheHubHasNoRevision(String model) {
        assertThat(refusal(() -> ModelLocation.at(model, "v2")))
                .isEqualTo("--revision \"v2\": --model is \"" + model + "\"; expected a Hugging Face name without a"
                        + " revision, org/name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"hdfs://namenode/models/m", "s3a://bucket/m", "hf://org/m", "hdfs:/m", "https://x/m"})
    void otherFileSystemsAreForSpark(String uri) {
        assertThat(ModelLocation.isElsewhere(uri)).isTrue();
        assertThat(refusal(() -> ModelLocation.resolve(uri, environment)))
                .isEqualTo("--model \"" + uri + "\": lies on another file system, which only commands and programs on"
                        + " Spark copy from; give a local folder");
    }

    @ParameterizedTest
    @ValueSource(strings = {"org/m@../../../etc", "../m@main", "org/m@/etc/passwd", "a/b/c", "-x/y", "org/m@a/../../b"})
    void nothingLeadsOutOfTheCache(String model) throws IOException {
        cached(hub, "org/m", "main");

        assertThat(refusal(() -> ModelLocation.resolve(model, environment)))
                .startsWith("--model \"" + model + "\": no such model; looked at ")
                .doesNotContain(hub.toString());
    }

    @Test
    void aReferenceThatIsNoCommitIsRefused() throws IOException {
        cached(hub, "org/m", "main");
        Path ref = Files.writeString(hub.resolve("models--org--m/refs/main"), "../../../..");

        assertThat(refusal(() -> ModelLocation.resolve("org/m", environment)))
                .isEqualTo(ref + ": holds \"../../../..\"; expected a commit; the cache is damaged: download the model"
                        + " again");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\u0000b", "file:/a b", "file://host/x", "file:/%zz"})
    void whatIsNoPathIsRefused(String model) {
        assertThat(refusal(() -> ModelLocation.resolve(model, environment)))
                .contains(": is no path (")
                .endsWith("); expected a checkpoint's folder");
    }

    @Test
    void nothingIsRefused() {
        assertThat(refusal(() -> ModelLocation.resolve(" ", environment)))
                .isEqualTo("--model \" \": is empty; expected a checkpoint's folder or a Hugging Face name");
    }
}
