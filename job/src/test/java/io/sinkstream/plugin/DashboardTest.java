package io.sinkstream.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sinkstream.testing.TestSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.spark.SparkEnv;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

/** What the dashboard asks Prometheus for are the plugin's metrics, by the names that the exporter's rule gives them. */
class DashboardTest {
    private static final Path DASHBOARDS = Path.of("../dashboards");

    private static Set<String> registered;

    @BeforeAll
    static void start() {
        TestSession.get();
        registered = CollectionConverters.asJava(SparkEnv.get()
                        .metricsSystem()
                        .getSourcesByName("plugin." + SinkstreamPlugin.class.getName()))
                .get(0)
                .metricRegistry()
                .getNames();
    }

    @Test
    void everyMetricIsDrawnAndNoOther() throws IOException {
        JsonNode panels = new ObjectMapper()
                .readTree(DASHBOARDS.resolve("grafana.json").toFile())
                .path("panels");
        Set<String> asked = new TreeSet<>();
        for (JsonNode query : panels.findValues("expr")) {
            Matcher names = Pattern.compile("sinkstream_\\w+").matcher(query.asText());
            assertThat(names.find()).as(query.asText()).isTrue();
            names.reset().results().forEach(name -> asked.add(name.group()));
        }

        assertThat(asked)
                .isEqualTo(registered.stream()
                        .map(name -> "sinkstream_" + name.replace('.', '_'))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void theExportersRuleTakesEveryMetric() throws IOException {
        Matcher rule = Pattern.compile("pattern: '(.*)'")
                .matcher(Files.readString(DASHBOARDS.resolve("jmx-exporter.yaml")));
        assertThat(rule.find()).isTrue();
        for (String name : registered) {
            Matcher bean = Pattern.compile(rule.group(1))
                    .matcher("metrics<name=app-1.3.plugin." + SinkstreamPlugin.class.getName() + "." + name
                            + ", type=gauges><>Value");
            assertThat(bean.matches()).as(name).isTrue();
            assertThat(bean.group(1)).isEqualTo("app-1");
            assertThat(bean.group(2)).isEqualTo("3");
            assertThat(bean.group(3)).isEqualTo(name);
        }
    }
}
