package io.sinkstream.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.sinkstream.job.Sinkstream;
import io.sinkstream.testing.TestSession;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/**
 * One run of the program in this JVM, in a session that all tests share.
 *
 * @param code the exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
public record Command(int code, String out, String err) {
    /** The shared session. */
    public static SparkSession spark() {
        return TestSession.get();
    }

    public static Command run(String... args) {
        spark();
        return alone(args);
    }

    /** Runs {@code score} with these options, of which {@code more} win: an option and its values, {@code --name value}. */
    public static Command run(Map<String, String> options, String... more) {
        return run(List.of("score"), options, more);
    }

    /** Runs that command in the same way. */
    public static Command run(List<String> command, Map<String, String> options, String... more) {
        Map<String, String> given = new LinkedHashMap<>(options);
        List<String> args = new ArrayList<>(command);
        for (String arg : more) {
            given.remove(arg.replaceFirst("=.*", ""));
        }
        given.forEach((name, value) -> args.addAll(List.of(name, value)));
        args.addAll(List.of(more));
        return run(args.toArray(String[]::new));
    }

    /** Runs it without a session of ours: for what must be refused before there is one. */
    public static Command alone(String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Sinkstream.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
        return new Command(code, out.toString(), err.toString());
    }

    /** Checks that it did what it was asked to. */
    public Command succeeded() {
        assertThat(code).as(err).isZero();
        return this;
    }

    /** Checks that the user was told in one line, and returns it. */
    public String refusal() {
        assertThat(code).as(err).isEqualTo(2);
        assertThat(out).isEmpty();
        return line();
    }

    /** Checks that there is one line and no trace, and returns it. */
    public String line() {
        List<String> lines = err.lines().toList();
        assertThat(lines).hasSize(1);
        return lines.get(0);
    }
}
