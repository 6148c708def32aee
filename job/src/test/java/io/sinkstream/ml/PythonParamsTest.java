package io.sinkstream.ml;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.Params;
import org.junit.jupiter.api.Test;

/** The Python module's params are those of the transformers, with the settings' docs. */
final class PythonParamsTest {
    private static final Path MODULE = Path.of(System.getProperty("basedir", "."));
    private static final int WIDTH = 110;

    @Test
    void theParamsAreTheTransformers() throws IOException {
        List<Param<?>> scorer = List.of(new StreamScorer().params());
        List<Param<?>> generator = List.of(new StreamGenerator().params());
        List<String> common = names(scorer);
        common.retainAll(names(generator));
        List<String> expected = new ArrayList<>(List.of(
                "\"\"\"The transformers' params, with the docs of their settings. PythonParamsTest has the right ones.\"\"\"",
                "",
                "from pyspark.ml.param import Param, Params",
                "",
                "from sinkstream.settings import text"));
        expected.addAll(classOf("StreamParams", "Params", "What both transformers have.", in(scorer, common, true)));
        expected.addAll(classOf("ScorerParams", "StreamParams", "What scoring has.", in(scorer, common, false)));
        expected.addAll(
                classOf("GeneratorParams", "StreamParams", "What continuing has.", in(generator, common, false)));

        Path now = Files.write(Files.createDirectories(MODULE.resolve("target")).resolve("params.py"), expected);

        Path params = MODULE.resolve("src/main/python/sinkstream/params.py");
        assertThat(params).exists();
        assertThat(Files.readAllLines(params))
                .as("%s; the right one is %s, copy it there", params, now)
                .isEqualTo(expected);
    }

    private static List<String> names(List<Param<?>> params) {
        return new ArrayList<>(params.stream().map(Param::name).toList());
    }

    private static List<Param<?>> in(List<Param<?>> params, List<String> names, boolean isIn) {
        return params.stream()
                .filter(param -> names.contains(param.name()) == isIn)
                .toList();
    }

    private static List<String> classOf(String name, String parent, String doc, List<Param<?>> params) {
        assertThat(params).isNotEmpty();
        List<String> lines = new ArrayList<>(List.of("", "", "class " + name + "(" + parent + "):"));
        lines.add("    \"\"\"" + doc + "\"\"\"");
        for (Param<?> param : params) {
            // Python would take a param of such a name for the method.
            assertThat(Stream.of(Params.class.getMethods()).map(method -> method.getName()))
                    .doesNotContain(param.name());
            lines.add("");
            lines.add("    " + param.name() + ": Param[str] = Param(");
            lines.add("        Params._dummy(),");
            lines.add("        \"" + param.name() + "\",");
            lines.addAll(literal(param.doc()));
            lines.add("        typeConverter=text,");
            lines.add("    )");
        }
        return lines;
    }

    /** A text as literals of Python, one a line. */
    private static List<String> literal(String text) {
        List<String> lines = new ArrayList<>();
        int begin = 0;
        while (begin < text.length()) {
            int end = Math.min(text.length(), begin + WIDTH - 12);
            if (end < text.length()) {
                int space = text.lastIndexOf(' ', end - 1);
                end = space > begin ? space + 1 : end;
            }
            String part = text.substring(begin, end);
            lines.add("        \"" + part.replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
            begin = end;
        }
        int last = lines.size() - 1;
        lines.set(last, lines.get(last) + ",");
        return lines;
    }
}
