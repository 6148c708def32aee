package io.sinkstream.corpus;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Builds by Maven for {@link LogCorpus}: in ordinary runs of small projects for the most part, in others most fail. */
final class MavenScenes {
    private static final List<String> PROPERTIES = List.of(
            "djl.version",
            "spark.version",
            "junit.version",
            "assertj.version",
            "jqwik.version",
            "picocli.version",
            "kafka.version",
            "gson.version",
            "errorprone.version",
            "palantir.version",
            "jna.version",
            "archunit.version",
            "slf4j.version");

    private static final List<String> GOALS = List.of(
            "versions:display-dependency-updates",
            "javadoc:javadoc",
            "checkstyle:check",
            "pmd:check",
            "release:prepare",
            "jacoco:report",
            "wrapper:wrapper",
            "archetype:generate",
            "source:jar",
            "help:system",
            "help:effective-pom",
            "site:site",
            "compiel",
            "instal",
            "packge",
            "dependncy:tree",
            "spring-boot:run",
            "jetty:run",
            "sonar:sonar",
            "surefire:tst",
            "antrun:run",
            "deploy:file",
            "license:check",
            "docker:build",
            "protobuf:compile",
            "formatter:format",
            "com.example:missing-maven-plugin:1.2:run");

    /** Of any project. */
    private static final List<List<String>> BUILDS = List.of(
            List.of("compile"),
            List.of("test"),
            List.of("test"),
            List.of("package"),
            List.of("clean", "verify"),
            List.of("package", "-DskipTests"),
            List.of("-T", "2", "package"),
            List.of("dependency:tree"),
            List.of("clean"));

    /** Of this project. */
    private static final List<List<String>> ORDINARY = List.of(
            List.of("clean"),
            List.of("validate", "-Dspotless.check.skip"),
            List.of("-pl", "udfs", "dependency:tree"),
            List.of("-pl", "udfs", "dependency:list"),
            List.of("-pl", "udfs", "process-resources", "-Dspotless.check.skip"));

    private MavenScenes() {}

    /** A build; nothing is fetched. */
    static void maven(LogRun run) throws Exception {
        if (run.isOrdinary() && run.random().nextInt(4) > 0) {
            Path small = run.folder().resolve("project");
            SmallProject.write(run, small);
            end(run, small, run.drawn(BUILDS));
            return;
        }
        Path copy = run.folder().resolve("sinkstream");
        copy(run.spark().project(), copy);
        end(run, copy, run.isOrdinary() ? run.drawn(ORDINARY) : failing(run, copy));
    }

    private static void end(LogRun run, Path project, List<String> arguments) throws Exception {
        List<String> line = new ArrayList<>(List.of("mvn", "-B", "-o"));
        if (run.random().nextInt(4) == 0) {
            line.add(run.drawn(List.of("-X", "-V", "-e", "-ntp")));
        }
        line.addAll(arguments);
        Map<String, String> environment = Map.of(
                "HOME", System.getProperty("user.home"), "MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -Duser.name=spark");
        LogRun.end(run.program("maven", project, environment, line), Duration.ofMinutes(2));
    }

    /** Arguments for a build of a copy of this project, which is changed so that most fail. */
    private static List<String> failing(LogRun run, Path copy) throws IOException {
        Random random = run.random();
        List<String> line = new ArrayList<>();
        switch (random.nextInt(7)) {
            case 0 -> line.addAll(List.of(run.drawn(List.of("-e", "-V")), run.drawn(GOALS)));
            case 1 ->
                line.addAll(List.of(
                        "test-compile",
                        "-D" + run.drawn(PROPERTIES) + "=" + run.between(0, 19) + "." + run.between(0, 30) + "."
                                + run.between(0, 9)));
            case 2 -> {
                spoil(run, copy, "        System.out.println( \"x\" ) ;\n");
                line.add("validate");
            }
            case 3 -> {
                spoil(
                        run,
                        copy,
                        run.drawn(List.of(
                                "    int broken() { return \"text\"; }\n",
                                "    String missing = nothing.toString();\n",
                                "    private void unclosed( {\n",
                                "    boolean same(Integer a, Integer b) { return a == b; }\n",
                                "    java.util.List raw;\n")));
                line.addAll(List.of("-pl", "udfs", "compile", "-Dspotless.check.skip"));
            }
            case 4 ->
                line.addAll(run.drawn(List.of(
                        List.of("-pl", "core", "compile"),
                        List.of("-Pfast", "validate"),
                        List.of("-f", "pom2.xml", "compile"),
                        List.of("validate", "-rf", ":web"))));
            case 5 -> {
                Path pom = copy.resolve(run.drawn(List.of("pom.xml", "job/pom.xml", "udfs/pom.xml")));
                String text = Files.readString(pom);
                Files.writeString(
                        pom,
                        random.nextBoolean()
                                ? text.replaceFirst("<version>", "<verson>")
                                : text.replaceFirst("<version>0.1.0-SNAPSHOT</version>\n", ""));
                line.add("validate");
            }
            default -> {
                Path test = run.drawn(sources(copy.resolve("udfs/src/test/java/io/sinkstream/cache")));
                Files.writeString(
                        test, Files.readString(test).replaceAll("isEqualTo\\((\\d+)\\)", "isEqualTo($1 + 1)"));
                line.addAll(List.of(
                        "-pl",
                        "udfs",
                        "test",
                        "-Dspotless.check.skip",
                        "-Dtest=" + test.getFileName().toString().replace(".java", ""),
                        "-Dsurefire.failIfNoSpecifiedTests=false"));
            }
        }
        return line;
    }

    private static List<Path> sources(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java") && !file.endsWith("package-info.java"))
                    .sorted()
                    .toList();
        }
    }

    /** Puts a line before the end of a class. */
    private static void spoil(LogRun run, Path copy, String line) throws IOException {
        Path source = run.drawn(sources(copy.resolve("udfs/src/main/java")));
        String text = Files.readString(source);
        int end = text.lastIndexOf('}');
        Files.writeString(source, text.substring(0, end) + line + text.substring(end), StandardCharsets.UTF_8);
    }

    private static void copy(Path from, Path to) throws IOException {
        for (String part : List.of(
                "pom.xml",
                ".mvn",
                "LICENSE",
                "NOTICE",
                "README.md",
                "conf",
                "udfs/pom.xml",
                "udfs/src",
                "job/pom.xml",
                "job/src")) {
            try (Stream<Path> files = Files.walk(from.resolve(part))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path target = to.resolve(from.relativize(file).toString());
                    Files.createDirectories(target.getParent());
                    Files.copy(file, target);
                }
            }
        }
    }
}
