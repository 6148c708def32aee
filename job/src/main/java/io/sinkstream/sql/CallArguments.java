package io.sinkstream.sql;

import io.sinkstream.batch.KeyedOptions;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.NamedArgumentExpression;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/**
 * The arguments of a call: those by their place, and settings by name, which stand over the session's. All refusals are made while
 * the query is analysed.
 */
final class CallArguments {
    private final String function;
    private final List<Setting<?>> known;
    private final List<Expression> places = new ArrayList<>();
    private final Map<String, Expression> named = new TreeMap<>();

    /**
     * Arguments of a call.
     *
     * @param function that is called
     * @param own names of arguments that are no settings
     * @param known the settings that can be given
     */
    CallArguments(String function, List<String> own, List<Setting<?>> known, Seq<Expression> arguments) {
        this.function = function;
        this.known = known;
        for (Expression argument : CollectionConverters.asJava(arguments)) {
            if (!(argument instanceof NamedArgumentExpression byName)) {
                if (!named.isEmpty()) {
                    throw refusal("arguments by place stand before those by name");
                }
                places.add(argument);
                continue;
            }
            String name = Names.setting(byName.key());
            if (!own.contains(name)
                    && known.stream().noneMatch(setting -> setting.name().equals(name))) {
                throw refusal("there is no argument " + byName.key() + "; the nearest is "
                        + Names.argument(SettingValues.nearest(known, name)));
            }
            if (named.put(name, byName.value()) != null) {
                throw refusal("the argument " + byName.key() + " is given twice");
            }
        }
    }

    RuntimeException refusal(String message) {
        return Refusal.of(function, message, null);
    }

    /** The argument at this place, or of this name; null if there is none. Each is taken once. */
    Expression take(int place, String name) {
        Expression byName = named.remove(name);
        if (place < places.size()) {
            if (byName != null) {
                throw refusal("the argument " + name + " is given twice");
            }
            return places.get(place);
        }
        return byName;
    }

    /** Throws if there are more arguments by place than {@code most}. */
    void requireAtMost(int most) {
        if (places.size() > most) {
            throw refusal(places.size() + " arguments are given by place, and there can be " + most
                    + "; settings are given by name, such as model => 'builtin'");
        }
    }

    /** A constant's text. */
    String constant(String name, Expression argument) {
        if (!argument.foldable()) {
            throw refusal("the argument " + name + " is " + argument.sql() + "; allowed is a constant");
        }
        Object value = argument.eval(null);
        if (value == null) {
            throw refusal("the argument " + name + " is null");
        }
        return value.toString();
    }

    /**
     * What the arguments by name and the session say.
     *
     * @param more settings that other arguments stand for
     * @param options the way from settings to options, which are checked, too
     */
    CallTerms terms(Map<Setting<?>, String> more, Function<SettingValues, KeyedOptions> options, String shown) {
        Map<String, String> given = new TreeMap<>();
        StringBuilder all = new StringBuilder(shown);
        named.forEach((name, argument) -> {
            given.put(name, constant(name.replace('-', '_'), argument));
            all.append(", ").append(name.replace('-', '_')).append(" => ").append(argument.sql());
        });
        more.forEach((setting, text) -> {
            if (given.put(setting.name(), text) != null) {
                throw refusal("the argument " + Names.argument(setting) + " is given twice");
            }
        });
        Map<String, String> session = session();
        try {
            Map<String, List<String>> byName = new HashMap<>();
            given.forEach((name, text) -> byName.put(name, List.of(text)));
            KeyedOptions checked = options.apply(SettingValues.resolve(byName, session));
            checked.describe();
            Map<String, String> settings = new TreeMap<>(session);
            given.forEach((name, text) -> settings.put(name, text));
            return new CallTerms(checked.onExecutors(), settings, all.toString());
        } catch (UserException e) {
            throw Refusal.of(function, e.getMessage(), e);
        }
    }

    /**
     * The session's settings that have a part in the call, and those that there are not, to be refused. In a view SQLConf is what the
     * view remembers, which are Spark's own settings only.
     */
    private Map<String, String> session() {
        Map<String, String> session = new TreeMap<>();
        CollectionConverters.asJava(SparkSession.active().conf().getAll()).forEach((key, value) -> {
            boolean isOthers = Settings.all().stream()
                    .filter(setting -> !known.contains(setting))
                    .anyMatch(setting -> isKey(setting, key));
            if (key.startsWith(Setting.KEY_PREFIX) && !isOthers) {
                session.put(key, value);
            }
        });
        return session;
    }

    private static boolean isKey(Setting<?> setting, String key) {
        return setting.shape() == Setting.Shape.MAP ? key.startsWith(setting.key() + ".") : key.equals(setting.key());
    }
}
