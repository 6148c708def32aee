package io.sinkstream.job;

import io.sinkstream.console.RunFailure;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A command whose options are {@link Setting}s: their names, defaults and documentation come from there. */
abstract class SettingsCommand implements Callable<Integer> {
    private CommandSpec spec;

    /** The settings it takes, in the order of the help. */
    abstract List<Setting<?>> settings();

    /** What it does, for the help. */
    abstract List<String> description();

    /** Examples of use, for the end of the help. */
    abstract List<String> examples();

    /**
     * Does it. Throws {@link io.sinkstream.settings.UserException} for what the user can mend before a job starts, and
     * {@link RunFailure} for what then goes wrong.
     *
     * @param out takes the results
     * @param err takes what is said of the run
     */
    abstract void run(SettingValues values, PrintWriter out, PrintWriter err);

    /** The command for picocli. */
    final CommandSpec spec() {
        spec = CommandSpec.wrapWithoutInspection(this);
        spec.mixinStandardHelpOptions(true);
        spec.usageMessage()
                .description(escaped(description()))
                .sortOptions(false)
                .optionListHeading(
                        "%nOptions (each is also a setting of Spark's configuration: spark.sinkstream. and the"
                                + " name, with dots for dashes):%n")
                .footerHeading("%nExamples:%n")
                .footer(escaped(examples()));
        settings().forEach(setting -> spec.addOption(option(setting)));
        return spec;
    }

    @Override
    public final Integer call() {
        Map<String, List<String>> given = new LinkedHashMap<>();
        for (Setting<?> setting : settings()) {
            OptionSpec option = spec.findOption(setting.option());
            if (!option.stringValues().isEmpty()) {
                given.put(setting.name(), option.stringValues());
            }
        }
        Map<String, String> configuration =
                Stream.of(new SparkConf().getAll()).collect(Collectors.toMap(pair -> pair._1(), pair -> pair._2()));
        run(
                SettingValues.resolve(given, configuration),
                spec.commandLine().getOut(),
                spec.commandLine().getErr());
        return 0;
    }

    private static OptionSpec option(Setting<?> setting) {
        OptionSpec.Builder option = OptionSpec.builder(setting.option());
        option.paramLabel(setting.placeholder());
        option.description(escaped(List.of(setting.doc()
                + setting.fallback()
                        .filter(text -> setting.shape() != Setting.Shape.SWITCH && !text.isEmpty())
                        .map(text -> " Default: " + text)
                        .orElse(""))));
        switch (setting.shape()) {
            case VALUE -> option.type(String.class).arity("1");
            case SWITCH -> option.type(String.class).arity("0..1").fallbackValue("true");
            case LIST -> option.type(List.class).auxiliaryTypes(String.class).arity("1..*");
            case MAP -> option.type(List.class).auxiliaryTypes(String.class).arity("1");
        }
        return option.build();
    }

    /** Percent signs and at signs have a meaning to picocli. */
    private static String[] escaped(List<String> lines) {
        List<String> escaped = new ArrayList<>();
        lines.forEach(line -> escaped.add(line.replace("%", "%%").replace("@", "@@")));
        return escaped.toArray(String[]::new);
    }
}
