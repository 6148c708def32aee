package io.sinkstream.checkpoint;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Damages a checkpoint's files as an attacker or a bad disk would: other values, fields and bytes, and less or more of them. */
final class DamagedFiles {
    /** As JSON, what a reader may trip over. */
    private static final List<String> ODD_VALUES = List.of(
            "-1",
            "0",
            "1",
            "2",
            "3",
            "0.5",
            "-0.0",
            "1e-308",
            "1e308",
            "1e999",
            "65536",
            "2147483647",
            "2147483648",
            "-2147483648",
            "4294967296",
            "9223372036854775807",
            "9223372036854775808",
            "9".repeat(400),
            "null",
            "true",
            "false",
            "\"\"",
            "\"0\"",
            "\"F32\"",
            "\"I64\"",
            "\"../model.safetensors\"",
            "\"/etc/passwd\"",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "\"\\n\\r\\u2028\"",
            "\"(a+)+$\"",
            "\"{{ x }}\"",
            "\"" + "a".repeat(5000) + "\"",
            "[]",
            "[null]",
            "[-1,2147483647]",
            "{}",
            "{\"\":0}",
            "[".repeat(40) + "]".repeat(40));

    /** Parts of a tokenizer, each sound alone, that may stand where another is expected or ask for much. */
    private static final List<String> TOKENIZER_PARTS = List.of(
            "{\"type\":\"BPE\",\"vocab\":{},\"merges\":[]}",
            "{\"type\":\"BPE\",\"dropout\":2.5,\"unk_token\":\"none\",\"vocab\":{\"a\":4294967295,\"b\":0},\"merges\":[[\"a\",\"c\"]]}",
            "{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":0},\"merges\":[\"a b c\"],\"byte_fallback\":true}",
            "{\"type\":\"WordLevel\",\"vocab\":{\"a\":7},\"unk_token\":\"none\"}",
            "{\"type\":\"WordPiece\",\"vocab\":{},\"unk_token\":\"none\",\"continuing_subword_prefix\":\"\","
                    + "\"max_input_chars_per_word\":0}",
            "{\"type\":\"Unigram\",\"unk_id\":99,\"vocab\":[[\"a\",-1e308],[\"\",0]],\"byte_fallback\":true}",
            "{\"type\":\"Unigram\",\"unk_id\":null,\"vocab\":[]}",
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":false,\"use_regex\":true}",
            "{\"type\":\"Metaspace\",\"replacement\":\"ab\",\"prepend_scheme\":\"first\",\"split\":true}",
            "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a|a)*b|\"},\"behavior\":\"Isolated\",\"invert\":true}",
            "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},\"behavior\":\"Removed\",\"invert\":false}",
            "{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"ab\"}",
            "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\"},\"content\":\"\\ud83d\\ude00\"}",
            "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA/////w==\"}",
            // A sound table that replaces nothing: 256 units, and no text.
            "{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAQA" + "A".repeat(1367) + "=\"}",
            "{\"type\":\"Prepend\",\"prepend\":\"\\u0000\"}",
            "{\"type\":\"Strip\",\"content\":\"e\",\"start\":4294967295,\"stop\":4294967295}",
            "{\"type\":\"Truncate\",\"max_length\":0,\"stride\":9,\"strategy\":\"LongestFirst\",\"direction\":\"Right\"}",
            "{\"strategy\":{\"Fixed\":2147483647},\"direction\":\"Right\",\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"a\","
                    + "\"pad_to_multiple_of\":0}",
            "{\"type\":\"Sequence\",\"normalizers\":[],\"pretokenizers\":[],\"decoders\":[],\"processors\":[]}",
            "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFKD\"},{\"type\":\"Nmt\"}]}],"
                    + "\"pretokenizers\":[{\"type\":\"Digits\",\"individual_digits\":true},{\"type\":\"Whitespace\"}],"
                    + "\"decoders\":[{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"}],"
                    + "\"processors\":[{\"type\":\"BertProcessing\",\"sep\":[\"x\",9],\"cls\":[\"y\",9]}]}",
            "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"none\",\"type_id\":0}}],\"pair\":[],"
                    + "\"special_tokens\":{}}",
            "[{\"id\":4294967295,\"content\":\"\",\"single_word\":true,\"lstrip\":true,\"rstrip\":true,\"normalized\":true,"
                    + "\"special\":true}]",
            "[{\"id\":0,\"content\":\"S\",\"single_word\":false,\"lstrip\":true,\"rstrip\":true,\"normalized\":true,"
                    + "\"special\":false}]");

    /** Of templates: what ends nowhere, asks for much, or calls what is not there. */
    private static final List<String> TEMPLATE_PARTS = List.of(
            "{% for m in messages %}",
            "{% endfor %}",
            "{% if x %}",
            "{% elif %}",
            "{% else %}",
            "{% endif %}",
            "{% set x = x ~ x ~ 'ab' %}",
            "{% set ns = namespace(a=messages) %}",
            "{% set ns.a = [ns.a, ns.a] %}",
            "{% macro f(a) %}{{ f(a) }}{% endmacro %}{{ f(1) }}",
            "{% for i in range(1000000000) %}{{ 'a' * i }}{% endfor %}",
            "{{ 'ab' * 2147483647 }}",
            "{{ [0] * 999999999 }}",
            "{{ 9 ** 99999 }}",
            "{{ 1 / 0 }}{{ 1 // 0 }}{{ 1 % 0 }}",
            "{{ '%99999999d' % 1 }}",
            "{{ 'a'.center(2147483647) }}",
            "{{ messages | map(attribute='content') | join('x' * 9999) }}",
            "{{ messages[99].content.a.b }}",
            "{{ ''.__class__.__mro__ }}",
            "{{ raise_exception('no\n\tmore') }}",
            "{{ strftime_now('%Y %Q %') }}",
            "{{ ('(' * 500) | replace('(', '((') | tojson(indent=999999999) }}",
            "{{ " + "(".repeat(3000) + "1",
            "{{ " + "not ".repeat(3000) + "1 }}",
            "{{ a" + ".a".repeat(3000) + " }}",
            "{# ",
            "{{",
            "}}",
            "{% raw %}",
            "{%- generation -%}",
            "\ud800");

    /** A value, and what puts another in its place, or nothing. */
    private interface Place {
        JsonElement value();

        void put(JsonElement other);

        void remove();
    }

    private final Random random;

    DamagedFiles(long seed) {
        this.random = new Random(seed);
    }

    /** Damages one file, or two, of those that lie in the folder. */
    void damage(Path folder, Map<String, byte[]> files) throws IOException {
        List<String> names = new ArrayList<>(files.keySet());
        for (int i = random.nextInt(4) == 0 ? 2 : 1; i > 0; i--) {
            String name = names.get(random.nextInt(names.size()));
            byte[] whole = files.get(name);
            Files.write(folder.resolve(name), damaged(name, whole));
        }
    }

    private byte[] damaged(String name, byte[] whole) {
        if (name.endsWith(".safetensors")) {
            return weights(whole);
        }
        if (name.endsWith(".jinja")) {
            return random.nextInt(3) == 0 ? bytes(whole) : template(whole);
        }
        return name.equals("tokenizer.json") && random.nextBoolean() ? parts(whole) : json(whole);
    }

    private byte[] template(byte[] whole) {
        StringBuilder text = new StringBuilder(new String(whole, StandardCharsets.UTF_8));
        for (int i = random.nextInt(4); i >= 0; i--) {
            text.insert(random.nextInt(text.length() + 1), TEMPLATE_PARTS.get(random.nextInt(TEMPLATE_PARTS.size())));
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Other parts in the place of whole ones. */
    private byte[] parts(byte[] whole) {
        JsonObject root = JsonParser.parseString(new String(whole, StandardCharsets.UTF_8))
                .getAsJsonObject();
        List<String> fields = List.of(
                "model",
                "normalizer",
                "pre_tokenizer",
                "post_processor",
                "decoder",
                "truncation",
                "padding",
                "added_tokens");
        for (int i = random.nextInt(3); i >= 0; i--) {
            root.add(
                    fields.get(random.nextInt(fields.size())),
                    JsonParser.parseString(TOKENIZER_PARTS.get(random.nextInt(TOKENIZER_PARTS.size()))));
        }
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }

    private byte[] json(byte[] whole) {
        return random.nextInt(3) == 0 ? bytes(whole) : values(whole);
    }

    /** The header only, since any bytes are numbers: another header with the length that fits, or one that is damaged. */
    private byte[] weights(byte[] whole) {
        int length = Math.toIntExact(
                ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong());
        byte[] header = Arrays.copyOfRange(whole, Long.BYTES, Long.BYTES + length);
        byte[] damaged = json(header);
        long told = random.nextInt(8) == 0 ? random.nextLong() >> random.nextInt(64) : damaged.length;
        int data = whole.length - Long.BYTES - length;
        int kept = random.nextInt(8) == 0 ? random.nextInt(data + 1) : data;
        return ByteBuffer.allocate(Long.BYTES + damaged.length + kept)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(told)
                .put(damaged)
                .put(whole, Long.BYTES + length, kept)
                .array();
    }

    private byte[] bytes(byte[] whole) {
        byte[] bytes = whole.clone();
        for (int i = random.nextInt(3); i >= 0; i--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = (byte) random.nextInt();
                case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> System.arraycopy(bytes, random.nextInt(at + 1), bytes, at, random.nextInt(bytes.length - at));
                default -> bytes = Arrays.copyOf(bytes, 1 + at);
            }
        }
        return bytes;
    }

    private byte[] values(byte[] whole) {
        JsonElement root = JsonParser.parseString(new String(whole, StandardCharsets.UTF_8));
        for (int i = random.nextInt(3); i >= 0; i--) {
            List<Place> places = places(root);
            if (places.isEmpty()) {
                break;
            }
            Place place = places.get(random.nextInt(places.size()));
            switch (random.nextInt(6)) {
                case 0 -> place.remove();
                case 1 ->
                    place.put(places.get(random.nextInt(places.size())).value().deepCopy());
                default -> place.put(JsonParser.parseString(ODD_VALUES.get(random.nextInt(ODD_VALUES.size()))));
            }
        }
        return root.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** All that are in a value, however deep; of a long array or object some. */
    private List<Place> places(JsonElement root) {
        List<Place> places = new ArrayList<>();
        add(root, places);
        return places;
    }

    private void add(JsonElement value, List<Place> places) {
        if (value instanceof JsonObject object) {
            for (String name : some(List.copyOf(object.keySet()))) {
                places.add(new Field(object, name));
                add(object.get(name), places);
            }
        } else if (value instanceof JsonArray array) {
            for (int i : some(IntStream.range(0, array.size()).boxed().toList())) {
                places.add(new Element(array, i));
                add(array.get(i), places);
            }
        }
    }

    /** A vocabulary would drown everything else. */
    private <T> List<T> some(List<T> all) {
        return all.size() <= 60
                ? all
                : random.ints(8, 0, all.size()).distinct().mapToObj(all::get).toList();
    }

    private record Field(JsonObject object, String name) implements Place {
        @Override
        public JsonElement value() {
            return object.get(name);
        }

        @Override
        public void put(JsonElement other) {
            object.add(name, other);
        }

        @Override
        public void remove() {
            object.remove(name);
        }
    }

    private record Element(JsonArray array, int index) implements Place {
        @Override
        public JsonElement value() {
            return array.get(index);
        }

        @Override
        public void put(JsonElement other) {
            array.set(index, other);
        }

        @Override
        public void remove() {
            array.remove(index);
        }
    }
}
