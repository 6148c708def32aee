package io.sinkstream.dialogue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.sinkstream.settings.DialogueSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A turn of a file of prompts.
 *
 * @param line where it stands, from 1
 * @param text what it says
 */
public record FileTurn(int line, String text) {
    /** What MT-bench's own file calls them, and its copy in Hugging Face's hub. */
    private static final List<String> NAMES = List.of("turns", "prompt");

    /**
     * The turns of a file, all dialogues one behind the other.
     *
     * @throws UserException if it can't be read, or a line has none
     */
    public static List<FileTurn> read(Path file) {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (CharacterCodingException e) {
            throw new UserException(DialogueSettings.TURNS + ": " + file + " is no text in UTF-8", e);
        } catch (IOException e) {
            throw new UserException(DialogueSettings.TURNS + ": " + file + " can't be read: " + e, e);
        }
        List<FileTurn> turns = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                turns.addAll(turns(file, i + 1, lines.get(i)));
            }
        }
        if (turns.isEmpty()) {
            throw new UserException(DialogueSettings.TURNS + ": " + file + " has no turn; " + expected());
        }
        return turns;
    }

    private static List<FileTurn> turns(Path file, int line, String json) {
        String place = DialogueSettings.TURNS + ": " + file + ", line " + line + ": ";
        try {
            JsonObject object = JsonParser.parseString(json).getAsJsonObject();
            JsonArray texts = NAMES.stream()
                    .filter(object::has)
                    .findFirst()
                    .map(object::getAsJsonArray)
                    .orElseThrow(
                            () -> new UserException(place + "has the fields " + object.keySet() + "; " + expected()));
            List<FileTurn> turns = new ArrayList<>();
            for (JsonElement text : texts) {
                if (!text.isJsonPrimitive() || !text.getAsJsonPrimitive().isString()) {
                    throw new UserException(place + text + " is no text; " + expected());
                }
                turns.add(new FileTurn(line, text.getAsString()));
            }
            return turns;
        } catch (JsonParseException | IllegalStateException | ClassCastException e) {
            throw new UserException(place + "is no JSON object with an array of texts; " + expected(), e);
        }
    }

    private static String expected() {
        return "expected an object a line, with an array of texts that is called " + String.join(" or ", NAMES);
    }
}
