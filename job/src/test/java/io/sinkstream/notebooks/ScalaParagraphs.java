package io.sinkstream.notebooks;

import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import scala.Console$;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;
import scala.tools.nsc.Settings;
import scala.tools.nsc.interpreter.IMain;
import scala.tools.nsc.interpreter.Results;
import scala.tools.nsc.interpreter.shell.ReplReporterImpl;

/** The Scala compiler's own interpreter, set up as Zeppelin's Spark interpreter sets it up. */
final class ScalaParagraphs implements AutoCloseable {
    private static final List<String> BEGINNING =
            List.of("import spark.implicits._", "import spark.sql", "import org.apache.spark.sql.functions._");

    private final StringWriter said = new StringWriter();
    private final IMain interpreter;

    ScalaParagraphs(SparkSession spark) {
        // Surefire puts a jar without classes there, and tells elsewhere what it stands for.
        String classes = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Settings settings = new Settings();
        var unused = settings.processArguments(list(List.of("-classpath", classes, "-Yrepl-class-based")), true);
        interpreter = new IMain(
                settings,
                Option.apply(Thread.currentThread().getContextClassLoader()),
                settings,
                new ReplReporterImpl(settings, new PrintWriter(said, true)));
        interpreter.initializeCompiler();
        var unusedResult =
                interpreter.bind("spark", "org.apache.spark.sql.SparkSession", spark, list(List.of("@transient")));
        BEGINNING.forEach(this::run);
    }

    private static scala.collection.immutable.List<String> list(List<String> texts) {
        return CollectionConverters.asScala(texts).toList();
    }

    /** Runs a paragraph and returns what it printed. Throws AssertionError with what is wrong with it. */
    String run(String code) {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        said.getBuffer().setLength(0);
        Results.Result result = Console$.MODULE$.withOut(printed, () -> interpreter.interpret(code));
        if (result != Results.Success$.MODULE$) {
            throw new AssertionError(result + ": " + said + printed.toString(StandardCharsets.UTF_8));
        }
        return printed.toString(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        interpreter.close();
    }
}
