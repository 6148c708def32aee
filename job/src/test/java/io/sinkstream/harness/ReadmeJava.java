package io.sinkstream.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * A snippet of Java in the documents, as the body of a method of a program that has {@code spark}, {@code rows} and {@code kafka}.
 *
 * @param code what stands there, but for names of places
 */
public record ReadmeJava(String code) {
    private static final String PROGRAM = "Snippet";

    /** All of them, in their order. */
    public static List<ReadmeJava> all() throws IOException {
        return Documents.snippets("java").stream().map(ReadmeJava::new).toList();
    }

    /** The only one that says this. */
    public static ReadmeJava that(String says) throws IOException {
        List<ReadmeJava> found =
                all().stream().filter(snippet -> snippet.code().contains(says)).toList();
        assertThat(found).as(says).hasSize(1);
        return found.get(0);
    }

    /** The same with another text in the place of one that is there. */
    public ReadmeJava with(String text, String other) {
        assertThat(code).contains(text);
        return new ReadmeJava(code.replace(text, other));
    }

    /**
     * Compiles and runs it.
     *
     * @param given what the program has, by name
     * @return what it left in {@code result}, if anything
     */
    public Object run(Path folder, Map<String, Object> given) throws Exception {
        String program =
                "import ai.djl.inference.Predictor; import ai.djl.repository.zoo.*; import io.sinkstream.djl.*; import io.sinkstream.ml.*;"
                        + " import java.nio.file.Path; import java.util.*; import org.apache.spark.sql.*;\n"
                        + "public class " + PROGRAM
                        + " {\n  public static SparkSession spark; public static Dataset<Row> rows;"
                        + " public static Map<String, String> kafka; public static Object result;\n"
                        + "  public static void run() throws Exception {\n" + code + "\n  }\n}\n";
        compile(folder, program);
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, ReadmeJava.class.getClassLoader())) {
            Class<?> type = loader.loadClass(PROGRAM);
            for (Map.Entry<String, Object> one : given.entrySet()) {
                type.getField(one.getKey()).set(null, one.getValue());
            }
            type.getMethod("run").invoke(null);
            Field result = type.getField("result");
            return result.get(null);
        } catch (InvocationTargetException e) {
            throw new AssertionError(code + "\nfailed", e.getCause());
        }
    }

    private static void compile(Path folder, String program) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavaFileObject source =
                new SimpleJavaFileObject(URI.create("string:///" + PROGRAM + ".java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return program;
                    }
                };
        StringWriter said = new StringWriter();
        List<String> options = List.of(
                "-proc:none",
                "-d",
                folder.toString(),
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        boolean isGood = compiler.getTask(said, null, null, options, null, List.of(source))
                .call();
        assertThat(isGood).as("%s in%n%s", said, program).isTrue();
    }
}
