package io.sinkstream.djl;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.sinkstream.rows.ResultColumn;
import io.sinkstream.rows.RowOutcome;
import io.sinkstream.rows.RowTask;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Results as JSON: the columns that the commands write, by name, without those that have no value. */
record JsonResults(RowTask task) {
    /** Texts may hold what HTML would take for its own; nobody reads them as HTML. */
    private static final Gson JSON = new GsonBuilder().disableHtmlEscaping().create();

    static String error(String problem) {
        return JSON.toJson(Map.of("error", problem));
    }

    String one(RowOutcome outcome) {
        return JSON.toJson(values(outcome));
    }

    String all(List<RowOutcome> outcomes) {
        return JSON.toJson(outcomes.stream().map(this::values).toList());
    }

    private Map<String, Object> values(RowOutcome outcome) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (ResultColumn column : task.columns()) {
            Object value = column.of(outcome);
            if (value != null) {
                values.put(column.name(), value);
            }
        }
        return values;
    }
}
