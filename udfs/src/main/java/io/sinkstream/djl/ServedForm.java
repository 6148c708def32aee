package io.sinkstream.djl;

import ai.djl.modality.Input;
import ai.djl.modality.Output;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import io.sinkstream.rows.RowOutcome;
import io.sinkstream.settings.UserException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Requests as DJL Serving has them: a text, or JSON with {@code inputs}, a text or a list of such, and {@code parameters}. Results come
 * as JSON, and so does what is wrong with a request.
 *
 * @param tasks what is done with texts
 */
record ServedForm(RequestTasks tasks) implements Form<Input, Output> {
    private static final String JSON = "application/json";
    private static final String INPUTS = "inputs";
    private static final String PARAMETERS = "parameters";
    private static final int GOOD = 200;
    private static final int BAD = 400;

    @Override
    public Request request(Input input) {
        if (input.getContent().isEmpty()) {
            return Request.refused("the request is empty; expected a text, or JSON with " + INPUTS);
        }
        String body = input.getData().getAsString();
        if (!input.getProperty("Content-Type", "").toLowerCase(Locale.ROOT).startsWith(JSON)) {
            return Request.of(body, tasks.usual());
        }
        try {
            return json(body);
        } catch (JsonParseException | IllegalStateException | UserException e) {
            return Request.refused(
                    String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
    }

    private Request json(String body) {
        JsonReader reader = new JsonReader(new StringReader(body));
        reader.setStrictness(Strictness.STRICT);
        JsonElement request = JsonParser.parseReader(reader);
        JsonElement inputs = request instanceof JsonObject object ? object.get(INPUTS) : request;
        JsonElement parameters = request instanceof JsonObject object ? object.get(PARAMETERS) : null;
        if (request instanceof JsonObject object) {
            object.keySet().stream()
                    .filter(key -> !Set.of(INPUTS, PARAMETERS).contains(key))
                    .findFirst()
                    .ifPresent(key -> {
                        throw new UserException(
                                key + ": is no part of a request; allowed are " + INPUTS + " and " + PARAMETERS);
                    });
        }
        if (parameters != null && !(parameters instanceof JsonObject)) {
            throw new UserException(PARAMETERS + ": is no object of names and values");
        }
        return new Request(
                texts(inputs),
                parameters instanceof JsonObject given ? tasks.with(given) : tasks.usual(),
                inputs instanceof JsonArray,
                null);
    }

    private static List<String> texts(JsonElement inputs) {
        List<String> texts = new ArrayList<>();
        if (inputs instanceof JsonArray all) {
            all.forEach(each -> texts.add(text(each)));
        } else {
            texts.add(text(inputs));
        }
        return texts;
    }

    private static String text(JsonElement input) {
        if (input != null && input.isJsonNull()) {
            return null;
        }
        if (input == null
                || !input.isJsonPrimitive()
                || !input.getAsJsonPrimitive().isString()) {
            throw new UserException(INPUTS + ": is " + (input == null ? "missing" : "no text")
                    + "; expected a text or a list of" + " texts");
        }
        return input.getAsString();
    }

    @Override
    public Output output(Request request, List<RowOutcome> outcomes) {
        JsonResults results = new JsonResults(request.task());
        boolean isBad = request.problem() != null || (!request.isList() && outcomes.get(0) instanceof RowOutcome.Bad);
        Output output = new Output(isBad ? BAD : GOOD, isBad ? "Bad Request" : "OK");
        output.addProperty("Content-Type", JSON);
        if (request.problem() != null) {
            output.add(JsonResults.error(request.problem()));
        } else {
            output.add(request.isList() ? results.all(outcomes) : results.one(outcomes.get(0)));
        }
        return output;
    }
}
