package io.sinkstream.djl;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.sinkstream.rows.RowTask;
import io.sinkstream.sampling.GenerationConfig;
import io.sinkstream.settings.GenerationSettings;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** What is done with the texts of requests, each of which may have parameters of its own over those of the model. */
final class RequestTasks {
    /** What a text is put into is the model's. */
    private static final List<Setting<?>> OF_CONTINUATIONS = RowTask.Continue.settings().stream()
            .filter(setting -> !setting.equals(GenerationSettings.TEMPLATE) && !setting.equals(GenerationSettings.CHAT))
            .<Setting<?>>map(setting -> setting)
            .toList();

    private final ModelArguments arguments;
    private final GenerationConfig checkpoint;
    private final Consumer<RowTask> check;
    private final RowTask usual;

    /**
     * Tasks that all score, or all continue.
     *
     * @param checkpoint what it says of continuations; null to score
     * @param check throws UserException if the model can't do a task
     */
    RequestTasks(ModelArguments arguments, GenerationConfig checkpoint, Consumer<RowTask> check) {
        this.arguments = arguments;
        this.checkpoint = checkpoint;
        this.check = check;
        usual = checked(arguments.values());
    }

    private RowTask checked(SettingValues values) {
        RowTask task = checkpoint == null ? RowTask.Score.from(values) : RowTask.Continue.from(values, checkpoint);
        check.accept(task);
        return task;
    }

    /** The model's own. */
    RowTask usual() {
        return usual;
    }

    /**
     * The one with these parameters: settings by name, with underscores as Hugging Face has them.
     *
     * @throws UserException if one is not known, or has a wrong value
     */
    RowTask with(JsonObject parameters) {
        if (parameters.isEmpty()) {
            return usual;
        }
        List<Setting<?>> known = checkpoint == null ? Settings.OF_TOKENS : OF_CONTINUATIONS;
        Map<String, List<String>> given = new HashMap<>();
        parameters.entrySet().forEach(parameter -> {
            String name = parameter.getKey().replace('_', '-');
            Setting<?> setting = known.stream()
                    .filter(each -> each.name().equals(name))
                    .findFirst()
                    .orElseThrow(
                            () -> new UserException(parameter.getKey() + ": there is no such parameter; the nearest is "
                                    + SettingValues.nearest(known, name).name().replace('-', '_')));
            given.put(name, texts(setting, parameter.getValue()));
        });
        return checked(arguments.values(given));
    }

    /** A value as it would be given to a command. */
    private static List<String> texts(Setting<?> setting, JsonElement value) {
        if (value instanceof JsonObject entries) {
            return entries.entrySet().stream()
                    .map(entry -> entry.getKey() + "=" + text(entry.getValue(), ","))
                    .toList();
        }
        return setting.shape() == Setting.Shape.LIST && value instanceof JsonArray all
                ? StreamSupport.stream(all.spliterator(), false)
                        .map(each -> text(each, ","))
                        .toList()
                : List.of(text(value, value.toString().startsWith("[[") ? ";" : ","));
    }

    /** Lists joined by a comma, lists of lists by a semicolon. */
    private static String text(JsonElement value, String joint) {
        if (value instanceof JsonArray all) {
            return StreamSupport.stream(all.spliterator(), false)
                    .map(each -> text(each, ","))
                    .collect(Collectors.joining(joint));
        }
        return value.isJsonPrimitive() ? value.getAsString() : value.toString();
    }
}
