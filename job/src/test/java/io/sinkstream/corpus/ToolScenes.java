package io.sinkstream.corpus;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Tools of the JDK, of Python and of a shell for {@link LogCorpus}; all of it succeeds. */
final class ToolScenes {
    /** Of Python's own tests, quick ones. */
    private static final List<String> TESTS = List.of(
            "test_textwrap",
            "test_bisect",
            "test_json",
            "test_heapq",
            "test_shlex",
            "test_calendar",
            "test_colorsys",
            "test_csv",
            "test_configparser",
            "test_fractions",
            "test_base64",
            "test_string",
            "test_statistics");

    private ToolScenes() {}

    /** One of the JDK's. */
    static void jdk(LogRun run) throws Exception {
        Path project = run.folder().resolve("project");
        SmallProject.write(run, project);
        Path bin = Path.of(System.getProperty("java.home"), "bin");
        String jar = run.drawn(jars(run)).toString();
        switch (run.random().nextInt(7)) {
            case 0 -> end(run, "jdk-jar", bin.resolve("jar") + " -tvf " + jar);
            case 1 -> end(run, "jdk-jar", bin.resolve("jar") + " --create --verbose --file a.jar -C project .");
            case 2, 3 ->
                end(run, "jdk-javac", bin.resolve("javac") + " -verbose -d out $(find project -path '*main*.java')");
            case 4 ->
                end(run, "jdk-jdeps", bin.resolve("jdeps") + " --multi-release 17 -v " + jar + " | sed -n 1,300p");
            case 5 ->
                end(
                        run,
                        "jdk-java",
                        bin.resolve("java") + " "
                                + run.drawn(List.of(
                                        "-XshowSettings:vm -version",
                                        "-verbose:class -version",
                                        "-verbose:gc -version",
                                        "--list-modules",
                                        "-XX:+PrintFlagsFinal -version",
                                        "-Xlog:help")));
            default ->
                end(
                        run,
                        "jdk-javap",
                        bin.resolve("javap") + " -c -cp " + jar + " $(" + bin.resolve("jar") + " -tf " + jar
                                + " | grep 'class$' | head -1 | sed 's/.class$//')");
        }
    }

    private static List<Path> jars(LogRun run) throws IOException {
        try (Stream<Path> jars = Files.list(run.spark().home().resolve("jars"))) {
            return jars.sorted().toList();
        }
    }

    /** A module of Python's. */
    static void python(LogRun run) throws Exception {
        switch (run.random().nextInt(5)) {
            case 0, 1 -> end(run, "python-tests", "exec python3 -m unittest -v test." + run.drawn(TESTS));
            case 2 ->
                end(
                        run,
                        "python-imports",
                        "exec python3 -v -c 'import "
                                + run.drawn(
                                        List.of("json", "csv", "email.message", "logging", "http.client", "zipfile"))
                                + "'");
            default -> http(run);
        }
    }

    /** Its file server, and who asks it. */
    private static void http(LogRun run) throws Exception {
        Path site = run.folder().resolve("site");
        SmallProject.write(run, site);
        List<String> pages = new ArrayList<>(List.of(""));
        try (Stream<Path> files = Files.walk(site)) {
            files.filter(Files::isRegularFile)
                    .forEach(file -> pages.add(site.relativize(file).toString()));
        }
        int port = LogRun.freePort();
        String address = "127.0.0." + run.between(11, 30);
        Process server = run.program(
                "python-http",
                site,
                Map.of(),
                List.of("python3", "-u", "-m", "http.server", "--bind", address, "" + port));
        Path log = run.last();
        if (LogRun.await(server, LogRun.PATIENCE, () -> LogRun.has(log, "Serving", 1))) {
            for (int i = run.between(20, 150); i > 0; i--) {
                URI page = URI.create("http://" + address + ":" + port + "/" + run.drawn(pages));
                HttpURLConnection asked = (HttpURLConnection) page.toURL().openConnection();
                asked.setRequestMethod(run.drawn(List.of("GET", "GET", "GET", "HEAD")));
                asked.getResponseCode();
                asked.getInputStream().close();
            }
            server.destroy();
        }
        LogRun.end(server, LogRun.PATIENCE);
    }

    /** Files that are packed, listed and compared. */
    static void shell(LogRun run) throws Exception {
        SmallProject.write(run, run.folder().resolve("project"));
        Files.createDirectories(run.folder().resolve("out"));
        end(
                run,
                "shell",
                run.drawn(List.of(
                        "tar -cvzf project.tgz project && tar --numeric-owner -tvzf project.tgz",
                        "cp -rv project copy && rm -rv copy",
                        "find project -type f | sort && du -a project",
                        "ls -nR project && wc -l $(find project -name '*.java')",
                        "sha256sum $(find project -type f) | tee sums && sha256sum -c sums",
                        git(run))));
    }

    private static String git(LogRun run) {
        String name = run.drawn(List.of("Ada", "Grace", "Alan", "Edsger"));
        return "git init -b main --template= repository && cp -r project/. repository && cd repository"
                + " && git config user.name " + name + " && git config user.email " + name + "@example.org"
                + " && for f in $(git ls-files -o); do git add -v $f && git commit -m \"Add $f\" || exit 1; done"
                + " && git log --stat && git gc && git fsck --full && cd .. && git clone -v file://$PWD/repository again";
    }

    private static void end(LogRun run, String program, String line) throws Exception {
        LogRun.end(
                run.program(program, run.folder(), Map.of(), List.of("bash", "-c", "set -o pipefail; " + line)),
                LogRun.PATIENCE);
    }
}
