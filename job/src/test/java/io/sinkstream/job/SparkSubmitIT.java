package io.sinkstream.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.harness.Documents;
import io.sinkstream.harness.Driver;
import io.sinkstream.harness.InstalledSpark;
import io.sinkstream.harness.SparkPages;
import io.sinkstream.harness.SqlProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The shaded jar under Spark's own SparkSubmit, in one JVM. */
@Tag("integration")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SparkSubmitIT {
    private static final List<String> LOCAL = List.of("--master", "local[2]");

    private static final String SECRET = "hf_nobodysbusiness";

    private final InstalledSpark spark = InstalledSpark.ofThisBuild();
    private Path folder;
    private SmallRun run;

    @BeforeAll
    void writeInput(@TempDir Path folder) throws Exception {
        this.folder = folder;
        run = SmallRun.write(folder);
    }

    /**
     * With the properties file of the README, whose every setting has to be known. Neither a token nor a row's text is told where it
     * is not asked for.
     */
    @Test
    void scores() throws Exception {
        Path output = folder.resolve("scored");
        List<String> options = new ArrayList<>(LOCAL);
        options.addAll(List.of(
                "--properties-file", spark.project().resolve("conf/local.conf").toString()));

        Path events = Files.createDirectories(folder.resolve("events"));
        options.addAll(List.of(
                "--conf",
                "spark.eventLog.enabled=true",
                "--conf",
                "spark.eventLog.dir=" + events.toUri(),
                "--conf",
                "spark.eventLog.rolling.enabled=false",
                "--conf",
                "spark.eventLog.compress=false",
                "--conf",
                "spark.executorEnv.HF_TOKEN=" + SECRET));

        Driver.Ended ended = spark.submit("submit-scores", folder, options, run.score(run.model(), output));

        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        run.check(output);
        // The tables at the end are for the user and have rows.
        try (Stream<Path> logs = Files.list(events)) {
            String all = Files.readString(logs.findFirst().orElseThrow());
            assertThat(all).contains("SparkListenerApplicationEnd").doesNotContain(SECRET, SmallRun.SAID);
        }
        Map<String, String> pages = SparkPages.of(spark, "submit-pages", events);
        assertThat(pages.keySet())
                .anyMatch(path -> path.endsWith("/environment"))
                .anyMatch(path -> path.contains("/environment/"))
                .anyMatch(path -> path.contains("/stages/stage/"))
                .anyMatch(path -> path.contains("/SQL/execution/"))
                .anyMatch(path -> path.contains("/executors/"));
        assertThat(pages).allSatisfy((path, page) -> assertThat(page).as(path).doesNotContain(SECRET, SmallRun.SAID));
        // Told without its value.
        assertThat(pages.values()).anyMatch(page -> page.contains("spark.executorEnv.HF_TOKEN"));
        assertThat(ended.stderr()).doesNotContain(SECRET, SmallRun.SAID);
        assertThat(ended.stdout()).contains(SmallRun.SAID).doesNotContain(SECRET);
    }

    /** From the jar alone, in a program that names none of its classes and did not save the pipeline. The documents' queries too. */
    @Test
    void sqlFunctionsAndASavedPipeline() throws Exception {
        Path results = folder.resolve("sql");
        List<String> options = new ArrayList<>(LOCAL);
        options.addAll(run.sql());

        List<String> arguments = new ArrayList<>(run.program(results));
        arguments.add(Files.writeString(folder.resolve("documents.md"), Documents.text())
                .toString());

        Driver.Ended ended = spark.submitProgram("submit-sql", folder, options, SqlProgram.class, arguments);

        assertThat(ended.exitCode()).as(ended.stderr()).isZero();
        run.checkProgram(results);
    }

    /** Spark has a configuration of its own then, which tells every step. */
    @Test
    void withoutAConfigurationOfLoggingTheConsoleIsQuiet() throws Exception {
        List<String> command = run.score(run.model(), folder.resolve("never"));

        Driver.Ended ended = spark.submitWithoutLogging(
                "submit-quiet",
                folder,
                LOCAL,
                Stream.concat(command.stream(), Stream.of("--text", "nosuch")).toList());

        assertThat(ended.exitCode()).as(ended.stderr()).isEqualTo(2);
        assertThat(ended.stderr().lines()).singleElement().asString().contains("--text: there is no column nosuch");
    }

    @Test
    void anUnknownOption() throws Exception {
        List<String> command = List.of("score", "--windw", "3");

        Driver.Ended ended = spark.submit("submit-option", folder, LOCAL, command);

        assertThat(ended.exitCode()).as(ended.stderr()).isEqualTo(2);
        assertThat(ended.said()).singleElement().asString().contains("--windw");
    }

    @Test
    void aModelThatIsNowhere() throws Exception {
        Path nowhere = folder.resolve("nowhere");
        Path output = folder.resolve("never");

        Driver.Ended ended = spark.submit("submit-model", folder, LOCAL, run.score(nowhere, output));

        assertThat(ended.exitCode()).as(ended.stderr()).isEqualTo(2);
        assertThat(ended.said()).singleElement().asString().contains(nowhere.toString());
        assertThat(Files.exists(output)).isFalse();
    }
}
