package io.sinkstream.testing;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.sinkstream.testing.TinyModels.Prefix;
import java.util.List;
import java.util.Locale;

/**
 * Llama's kind of tokenizer with nothing learned: a BPE without merges whose every character falls back to its UTF-8
 * bytes. So any text encodes, ids can be worked out by hand, and the decoder puts bytes together again.
 */
public final class TinyTokenizer {
    /** The unknown token's id; the tokenizer encodes everything and never gives it. */
    public static final int UNKNOWN = 0;
    /** The beginning-of-stream id, in {@code config.json} too. */
    public static final int BOS = 1;
    /** The end-of-stream id, in {@code config.json} too. */
    public static final int EOS = 2;
    /** The id of byte 0; byte b is b further. */
    public static final int BYTES = 3;
    /** How many ids there are: three special tokens and the bytes. */
    public static final int VOCABULARY = BYTES + 256;

    private TinyTokenizer() {}

    /** The file's content, with a post-processor that puts that in front of a text. */
    static JsonObject json(Prefix prefix) {
        JsonObject vocab = new JsonObject();
        JsonArray special = new JsonArray();
        for (String token : List.of("<unk>", "<s>", "</s>")) {
            JsonObject added = new JsonObject();
            added.addProperty("id", vocab.size());
            added.addProperty("content", token);
            for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
                added.addProperty(flag, false);
            }
            added.addProperty("special", true);
            special.add(added);
            vocab.addProperty(token, vocab.size());
        }
        for (int b = 0; b < 256; b++) {
            vocab.addProperty(String.format(Locale.ROOT, "<0x%02X>", b), BYTES + b);
        }
        JsonObject tokenizer = JsonParser.parseString(
                        """
                {
                  "version": "1.0",
                  "truncation": null,
                  "padding": null,
                  "added_tokens": [],
                  "normalizer": null,
                  "pre_tokenizer": null,
                  "post_processor": null,
                  "decoder": {"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}]},
                  "model": {
                    "type": "BPE",
                    "dropout": null,
                    "unk_token": "<unk>",
                    "continuing_subword_prefix": null,
                    "end_of_word_suffix": null,
                    "fuse_unk": true,
                    "byte_fallback": true,
                    "vocab": {},
                    "merges": []
                  }
                }
                """)
                .getAsJsonObject();
        tokenizer.add("added_tokens", special);
        tokenizer.getAsJsonObject("model").add("vocab", vocab);
        if (prefix == Prefix.BOS) {
            tokenizer.add(
                    "post_processor",
                    JsonParser.parseString(
                            """
                    {
                      "type": "TemplateProcessing",
                      "single": [
                        {"SpecialToken": {"id": "<s>", "type_id": 0}},
                        {"Sequence": {"id": "A", "type_id": 0}}
                      ],
                      "pair": [
                        {"SpecialToken": {"id": "<s>", "type_id": 0}},
                        {"Sequence": {"id": "A", "type_id": 0}},
                        {"Sequence": {"id": "B", "type_id": 1}}
                      ],
                      "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}
                    }
                    """));
        }
        return tokenizer;
    }
}
