package io.sinkstream.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.jmx.DefaultObjectNameFactory;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.management.ObjectName;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

/** What the dashboard asks Prometheus for are the plugin's metrics, by the names that the exporter's rule gives them. */
class DashboardTest {
    private static final Path DASHBOARDS = Path.of("../dashboards");

    private static Set<String> registered() {
        MetricRegistry metrics = new MetricRegistry();
        new ModelHost().init(new ModelHostTest.Context(new SparkConf(false), "3", metrics), Map.of());
        return metrics.getNames();
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
                .isEqualTo(registered().stream()
                        .map(name -> "sinkstream_" + name.replace('.', '_'))
                        .collect(Collectors.toCollection(TreeSet::new)));
    }

    @Test
    void theExportersRuleTakesEveryMetric() throws IOException {
        Matcher rule =
                Pattern.compile("pattern: '(.*)'").matcher(Files.readString(DASHBOARDS.resolve("jmx-exporter.yaml")));
        assertThat(rule.find()).isTrue();
        for (String name : registered()) {
            Matcher bean = Pattern.compile(rule.group(1)).matcher(exported(name));
            assertThat(bean.matches()).as(name).isTrue();
            assertThat(bean.group(1)).isEqualTo("app-1");
            assertThat(bean.group(2)).isEqualTo("3");
            assertThat(bean.group(3)).isEqualTo(name);
        }
    }

    /** How the exporter writes the bean that Spark's JMX sink makes of an executor's gauge. */
    private static String exported(String name) {
        ObjectName bean = new DefaultObjectNameFactory()
                .createName("gauges", "metrics", "app-1.3.plugin." + SinkstreamPlugin.class.getName() + "." + name);
        return bean.getDomain() + "<" + bean.getCanonicalKeyPropertyListString().replace(",", ", ") + "><>Value";
    }
}
