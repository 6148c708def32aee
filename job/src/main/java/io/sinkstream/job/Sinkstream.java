package io.sinkstream.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sinkstream.console.RunFailure;
import io.sinkstream.settings.Locales;
import io.sinkstream.settings.UserException;
import java.io.PrintWriter;
import java.util.Locale;
import org.apache.spark.SparkConf;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The program. Exit codes: 0 it did what it was asked to (rows with an error are counted and told), 1 it failed while
 * running, 2 something the user can mend, told in one line.
 */
public final class Sinkstream {
    static final int FAILED = 1;
    static final int MENDABLE = 2;

    private Sinkstream() {}

    /** Runs one command, and leaves the JVM by an exit code if it went wrong. */
    public static void main(String[] args) {
        int code = run(new PrintWriter(System.out, true, UTF_8), new PrintWriter(System.err, true, UTF_8), args);
        if (code == MENDABLE) {
            Attempts.advice(new SparkConf()).ifPresent(System.err::println);
        }
        if (code != 0) {
            // By exit and not by an exception, of which spark-submit would print the trace and make a 1.
            System.exit(code);
        }
    }

    /** Runs one command and returns the exit code. */
    public static int run(PrintWriter out, PrintWriter err, String... args) {
        for (String arg : args) {
            if (Locales.isCut(arg)) {
                err.println("sinkstream: " + Locales.encoding() + ", the locale's encoding, can't express an argument: "
                        + oneLine(arg) + "; " + Locales.ADVICE);
                return MENDABLE;
            }
        }
        // Before anything of Spark's has something to say.
        ConsoleLogs.quiet();
        return commandLine().setOut(out).setErr(err).execute(args);
    }

    private static CommandLine commandLine() {
        CommandSpec root = CommandSpec.create();
        root.name("sinkstream");
        root.usageMessage().description("Streaming language models over endless keyed text, on Spark.");
        root.usageMessage()
                .footer(
                        "",
                        "Examples:",
                        "  sinkstream score --model llama --input meetings.jsonl --key meeting --order seq",
                        "  sinkstream stream score --model llama --format kafka --option subscribe=logs ...",
                        "  sinkstream speed --model llama",
                        "Options of a command, with more examples: sinkstream score --help");
        root.version(version());
        root.mixinStandardHelpOptions(true);
        CommandLine commandLine = new CommandLine(root);
        root.addSubcommand("score", new ScoreCommand().spec());
        root.addSubcommand("generate", new GenerateCommand().spec());
        root.addSubcommand("chat", new ChatCommand().spec());
        root.addSubcommand(
                "stream",
                group(
                        "Streams that never end: score or continue rows as they come.",
                        new StreamScoreCommand(),
                        new StreamGenerateCommand()));
        root.addSubcommand(
                "djl",
                group(
                        "A checkpoint as a model of DJL's, which scores or continues texts.",
                        new DjlCommand(DjlCommand.Task.SCORE),
                        new DjlCommand(DjlCommand.Task.GENERATE)));
        root.addSubcommand("state", new StateCommand().spec());
        root.addSubcommand("history", new HistoryCommand().spec());
        root.addSubcommand("speed", new SpeedCommand().spec());
        root.addSubcommand("perplexity", new PerplexityCommand().spec());
        root.addSubcommand("plot", new PlotCommand().spec());
        root.addSubcommand("sinks", new SinksCommand().spec());
        root.addSubcommand("attention-map", new AttentionMapCommand().spec());
        root.addSubcommand("streameval", new StreamEvalCommand().spec());
        root.addSubcommand("arc", new ArcCommand().spec());
        root.addSubcommand("train", new TrainCommand().spec());
        root.addSubcommand("adapt", new AdaptCommand().spec());
        // These are handed down to the subcommands that are there by now.
        return commandLine
                .setUsageHelpAutoWidth(true)
                .setExpandAtFiles(false)
                // Else a misspelt option would pass for one more input.
                .setUnmatchedOptionsAllowedAsOptionParameters(false)
                .setParameterExceptionHandler(Sinkstream::refused)
                .setExecutionExceptionHandler(Sinkstream::failed)
                .setExecutionStrategy(Sinkstream::executed);
    }

    private static int executed(CommandLine.ParseResult parsed) {
        CommandLine.ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        boolean isGroup = last.commandSpec().userObject() == null;
        if (isGroup && !CommandLine.printHelpIfRequested(parsed)) {
            throw new CommandLine.ParameterException(last.commandSpec().commandLine(), "no command is given");
        }
        return new CommandLine.RunLast().execute(parsed);
    }

    private static CommandSpec group(String description, SettingsCommand score, SettingsCommand generate) {
        CommandSpec group = CommandSpec.create();
        group.usageMessage().description(description);
        group.mixinStandardHelpOptions(true);
        group.addSubcommand("score", score.spec());
        group.addSubcommand("generate", generate.spec());
        return group;
    }

    private static String version() {
        String version = Sinkstream.class.getPackage().getImplementationVersion();
        return "sinkstream " + (version == null ? "(not from a jar)" : version);
    }

    private static int refused(CommandLine.ParameterException exception, String[] args) {
        CommandLine commandLine = exception.getCommandLine();
        String name = commandLine.getCommandSpec().qualifiedName();
        commandLine.getErr().println(name + ": " + oneLine(exception.getMessage()) + " (see " + name + " --help)");
        return MENDABLE;
    }

    private static int failed(Exception exception, CommandLine commandLine, CommandLine.ParseResult parsed) {
        String name = commandLine.getCommandSpec().qualifiedName();
        if (exception instanceof UserException) {
            commandLine.getErr().println(name + ": " + oneLine(exception.getMessage()));
            return MENDABLE;
        }
        if (exception instanceof RunFailure) {
            commandLine.getErr().println(name + " failed: " + oneLine(exception.getMessage()));
            return FAILED;
        }
        // Nothing foresaw this: whoever looks into it needs all there is.
        commandLine.getErr().println(String.format(Locale.ROOT, "%s failed: %s", name, oneLine(exception.toString())));
        exception.printStackTrace(commandLine.getErr());
        return FAILED;
    }

    private static String oneLine(String message) {
        return String.valueOf(message).strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
