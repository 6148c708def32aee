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

/** Builds by Maven for {@link LogCorpus}, most of which fail. */
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

    private MavenScenes() {}

    /** A build of a copy of this project, most of which fail; nothing is fetched. */
    static void maven(LogRun run) throws Exception {
        Path copy = run.folder().resolve("sinkstream");
        copy(run.spark().project(), copy);
        Random random = run.random();
        List<String> line = new ArrayList<>(List.of("mvn", "-B", "-o"));
        if (random.nextInt(3) == 0) {
            line.add("-X");
        }
        switch (random.nextInt(12)) {
            case 0 -> line.add("clean");
            case 1 -> line.add("validate");
            case 2, 3 -> line.addAll(List.of(run.drawn(List.of("-e", "-V")), run.drawn(GOALS)));
            case 4, 5 ->
                line.addAll(List.of(
                        "test-compile",
                        "-D" + run.drawn(PROPERTIES) + "=" + run.between(0, 19) + "." + run.between(0, 30) + "."
                                + run.between(0, 9)));
            case 6 -> {
                spoil(run, copy, "        System.out.println( \"x\" ) ;\n");
                line.add("validate");
            }
            case 7 -> {
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
            case 8 ->
                line.addAll(run.drawn(List.of(
                        List.of("-pl", "core", "compile"),
                        List.of("-Pfast", "validate"),
                        List.of("-f", "pom2.xml", "compile"),
                        List.of("validate", "-rf", ":web"))));
            case 9 ->
                line.addAll(List.of(
                        "-pl",
                        "udfs",
                        run.drawn(List.of(
                                "dependency:tree",
                                "dependency:list",
                                "dependency:analyze",
                                "dependency:resolve-plugins"))));
            case 10 -> {
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
        String home = System.getProperty("user.home");
        Process maven = run.program(
                "maven", copy, Map.of("HOME", home, "MAVEN_OPTS", "-XX:TieredStopAtLevel=1 -Duser.name=spark"), line);
        LogRun.end(maven, Duration.ofMinutes(2));
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
