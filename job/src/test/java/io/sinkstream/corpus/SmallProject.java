package io.sinkstream.corpus;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A small Java project that compiles and whose tests pass, for Maven and other tools: names and sizes are drawn. */
final class SmallProject {
    private static final List<String> NAMES = List.of(
            "Invoice", "Basket", "Ledger", "Ticket", "Route", "Sensor", "Account", "Parcel", "Track", "Recipe", "Seat",
            "Meter");
    private static final List<String> PARTS =
            List.of("Store", "Reader", "Parser", "Report", "Index", "Filter", "Queue", "Service", "Cache");
    private static final List<String> MODULES = List.of("core", "api", "web", "cli", "model", "store", "common");

    private static final String POM =
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <project xmlns="http://maven.apache.org/POM/4.0.0">
              <modelVersion>4.0.0</modelVersion>
              %s
            </project>
            """;

    private static final String PARENT =
            """
            <groupId>%1$s</groupId><artifactId>%2$s</artifactId><version>%3$s</version><packaging>pom</packaging>
            <name>%2$s</name>
            <properties>
              <maven.compiler.release>17</maven.compiler.release>
              <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
            </properties>
            <modules>%4$s</modules>
            <dependencies><dependency>
              <groupId>org.junit.jupiter</groupId><artifactId>junit-jupiter</artifactId><version>5.13.4</version>
              <scope>test</scope>
            </dependency></dependencies>
            <build><plugins>
              <plugin><artifactId>maven-clean-plugin</artifactId><version>3.5.0</version></plugin>
              <plugin><artifactId>maven-compiler-plugin</artifactId><version>3.14.1</version></plugin>
              <plugin><artifactId>maven-resources-plugin</artifactId><version>3.3.1</version></plugin>
              <plugin><artifactId>maven-surefire-plugin</artifactId><version>3.5.4</version></plugin>
              <plugin><artifactId>maven-jar-plugin</artifactId><version>3.4.2</version></plugin>
              <plugin><artifactId>maven-dependency-plugin</artifactId><version>3.8.1</version></plugin>
            </plugins></build>
            """;

    private SmallProject() {}

    /** Writes one; the folder need not exist. */
    static void write(LogRun run, Path folder) throws IOException {
        String group = run.drawn(List.of("com.example", "org.example", "net.example")) + "."
                + run.drawn(List.of("shop", "rail", "bank", "farm", "clinic"));
        String name = run.drawn(List.of("orders", "tickets", "stock", "billing", "catalog")) + "-"
                + run.drawn(List.of("server", "tools", "platform", "app"));
        String version = run.between(0, 4) + "." + run.between(0, 20) + run.drawn(List.of("", "-SNAPSHOT", ".1"));
        List<String> modules = new ArrayList<>();
        StringBuilder listed = new StringBuilder();
        for (int i = run.between(1, 3); i > 0; i--) {
            String module = run.drawn(MODULES);
            if (!modules.contains(module)) {
                modules.add(module);
                listed.append("<module>").append(module).append("</module>");
                write(run, folder.resolve(module), group, name, version);
            }
        }
        Files.writeString(folder.resolve("pom.xml"), POM.formatted(PARENT.formatted(group, name, version, listed)));
    }

    private static void write(LogRun run, Path module, String group, String parent, String version) throws IOException {
        String artifact = parent + "-" + module.getFileName();
        Path sources = Files.createDirectories(module.resolve("src/main/java/" + group.replace('.', '/')));
        Path tests = Files.createDirectories(module.resolve("src/test/java/" + group.replace('.', '/')));
        Files.writeString(
                module.resolve("pom.xml"),
                POM.formatted("<parent><groupId>" + group + "</groupId><artifactId>" + parent
                        + "</artifactId><version>" + version + "</version></parent><artifactId>" + artifact
                        + "</artifactId>"));
        for (int i = run.between(1, 6); i > 0; i--) {
            String name = run.drawn(NAMES) + run.drawn(PARTS);
            Files.writeString(
                    sources.resolve(name + ".java"),
                    "package %s;%n%n/** A class. */%npublic class %s {%n    public int twice(int n) {%n        return 2 * n;%n    }%n}%n"
                            .formatted(group, name));
            Files.writeString(
                    tests.resolve(name + "Test.java"),
                    ("package %s;%n%nimport static org.junit.jupiter.api.Assertions.assertEquals;%n%n"
                                    + "import org.junit.jupiter.api.Test;%n%nclass %sTest {%n    @Test%n"
                                    + "    void twice() {%n        System.out.println(\"twice %d\");%n"
                                    + "        assertEquals(4, new %s().twice(2));%n    }%n}%n")
                            .formatted(group, name, run.between(1, 999), name));
        }
    }
}
