package io.sinkstream.train;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

/** A tokenizer in Hugging Face's files. */
final class TokenizerJson {
    private static final Gson GSON = new GsonBuilder()
            .setPrettyPrinting()
            .disableHtmlEscaping()
            .serializeNulls()
            .create();

    private TokenizerJson() {}

    /** {@code tokenizer.json}. */
    static String tokenizer(BpeTokenizer tokenizer) {
        JsonObject json = new JsonObject();
        json.addProperty("version", "1.0");
        json.add("truncation", JsonNull.INSTANCE);
        json.add("padding", JsonNull.INSTANCE);
        json.add("added_tokens", addedTokens(tokenizer));
        json.add("normalizer", JsonNull.INSTANCE);
        json.add("pre_tokenizer", preTokenizer());
        json.add(
                "post_processor",
                tokenizer
                        .first()
                        .map(first -> startingWith(first, tokenizer.tokens().indexOf(first)))
                        .orElseGet(TokenizerJson::byteLevel));
        json.add("decoder", byteLevel());
        json.add("model", model(tokenizer));
        return GSON.toJson(json);
    }

    /**
     * The same {@code tokenizer.json} with these tokens in front of a text, one or none, whatever it had there.
     *
     * @param front their ids
     */
    static String withFront(String json, int[] front) {
        JsonObject root = JsonParser.parseString(json).getAsJsonObject();
        root.add(
                "post_processor",
                front.length == 0 ? JsonNull.INSTANCE : startingWith(token(root, front[0]), front[0]));
        return GSON.toJson(root);
    }

    private static String token(JsonObject root, int id) {
        for (JsonElement added : root.getAsJsonArray("added_tokens")) {
            if (added.getAsJsonObject().get("id").getAsInt() == id) {
                return added.getAsJsonObject().get("content").getAsString();
            }
        }
        JsonElement vocabulary = root.getAsJsonObject("model").get("vocab");
        if (vocabulary.isJsonArray()) {
            return vocabulary.getAsJsonArray().get(id).getAsJsonArray().get(0).getAsString();
        }
        return vocabulary.getAsJsonObject().entrySet().stream()
                .filter(entry -> entry.getValue().getAsInt() == id)
                .findFirst()
                .orElseThrow()
                .getKey();
    }

    private static JsonArray addedTokens(BpeTokenizer tokenizer) {
        JsonArray tokens = new JsonArray();
        for (int id = 0; id < tokenizer.specials().size(); id++) {
            JsonObject token = new JsonObject();
            token.addProperty("id", id);
            token.addProperty("content", tokenizer.specials().get(id));
            token.addProperty("single_word", false);
            token.addProperty("lstrip", false);
            token.addProperty("rstrip", false);
            token.addProperty("normalized", false);
            token.addProperty("special", true);
            tokens.add(token);
        }
        return tokens;
    }

    /** What {@link Words} does. */
    private static JsonObject preTokenizer() {
        JsonObject digits = typed("Digits");
        digits.addProperty("individual_digits", true);
        JsonObject sequence = typed("Sequence");
        sequence.add("pretokenizers", array(digits, byteLevel()));
        return sequence;
    }

    /** As a pre-tokenizer it reads all three fields, as a post-processor the second, as a decoder none. */
    private static JsonObject byteLevel() {
        JsonObject json = typed("ByteLevel");
        json.addProperty("add_prefix_space", false);
        json.addProperty("trim_offsets", false);
        json.addProperty("use_regex", true);
        return json;
    }

    private static JsonObject startingWith(String first, int id) {
        JsonObject known = new JsonObject();
        known.addProperty("id", first);
        JsonArray ids = new JsonArray();
        ids.add(id);
        known.add("ids", ids);
        JsonArray tokens = new JsonArray();
        tokens.add(first);
        known.add("tokens", tokens);
        JsonObject specials = new JsonObject();
        specials.add(first, known);
        JsonObject json = typed("TemplateProcessing");
        json.add("single", array(piece("SpecialToken", first, 0), piece("Sequence", "A", 0)));
        json.add(
                "pair",
                array(
                        piece("SpecialToken", first, 0),
                        piece("Sequence", "A", 0),
                        piece("SpecialToken", first, 1),
                        piece("Sequence", "B", 1)));
        json.add("special_tokens", specials);
        return json;
    }

    private static JsonObject piece(String kind, String id, int type) {
        JsonObject named = new JsonObject();
        named.addProperty("id", id);
        named.addProperty("type_id", type);
        JsonObject json = new JsonObject();
        json.add(kind, named);
        return json;
    }

    private static JsonObject model(BpeTokenizer tokenizer) {
        JsonObject json = typed("BPE");
        json.add("dropout", JsonNull.INSTANCE);
        json.add("unk_token", JsonNull.INSTANCE);
        json.add("continuing_subword_prefix", JsonNull.INSTANCE);
        json.add("end_of_word_suffix", JsonNull.INSTANCE);
        json.addProperty("fuse_unk", false);
        json.addProperty("byte_fallback", false);
        json.addProperty("ignore_merges", false);
        JsonObject vocabulary = new JsonObject();
        for (int id = 0; id < tokenizer.tokens().size(); id++) {
            vocabulary.addProperty(tokenizer.tokens().get(id), id);
        }
        json.add("vocab", vocabulary);
        // Not as pairs, which tokenizers before 0.20 do not read; no token but a special one has a blank.
        JsonArray merges = new JsonArray();
        tokenizer.merges().forEach(merge -> merges.add(merge.left() + " " + merge.right()));
        json.add("merges", merges);
        return json;
    }

    private static JsonObject typed(String type) {
        JsonObject json = new JsonObject();
        json.addProperty("type", type);
        return json;
    }

    private static JsonArray array(JsonElement... elements) {
        JsonArray array = new JsonArray();
        for (JsonElement element : elements) {
            array.add(element);
        }
        return array;
    }
}
