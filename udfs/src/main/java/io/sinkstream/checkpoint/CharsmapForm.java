package io.sinkstream.checkpoint;

import com.google.gson.JsonElement;
import io.sinkstream.settings.UserException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;

/**
 * What Java has to see of a {@code normalizer}: SentencePiece's table of characters, {@code precompiled_charsmap}. The native reader
 * aborts the JVM on one that it can't read, and later where a text leads out of it.
 *
 * <p>The table is, in base64, the length of a trie in bytes (32 bits, little endian), the trie, and the texts that characters are
 * replaced by, in UTF-8, each ended by a zero. The trie is a double array of Darts-clone: a unit has the label by which it is reached
 * (bits 0 to 7; bit 31 marks a value), whether it has a value (bit 8) and the offset of its children (from bit 10; bit 9: times
 * 256). See SentencePiece's {@code normalizer.cc} and Hugging Face's {@code spm_precompiled}.
 */
final class CharsmapForm {
    private static final String FIELD = "precompiled_charsmap";

    private final IntBuffer trie;
    private final byte[] texts;

    private CharsmapForm(IntBuffer trie, byte[] texts) {
        this.trie = trie;
        this.texts = texts;
    }

    /** Throws UserException if a table of it can't be used. What is no table is left to the native reader. */
    static void check(Path file, JsonElement normalizer) {
        if (normalizer.isJsonArray()) {
            normalizer.getAsJsonArray().forEach(part -> check(file, part));
        } else if (normalizer.isJsonObject()) {
            normalizer.getAsJsonObject().entrySet().forEach(field -> {
                JsonElement value = field.getValue();
                if (field.getKey().equals(FIELD) && value.isJsonPrimitive()) {
                    String problem = problem(value.getAsString());
                    if (problem != null) {
                        throw new UserException(file + ": field \"normalizer\": " + FIELD + " " + problem
                                + "; expected the table of characters of a SentencePiece model");
                    }
                } else {
                    check(file, value);
                }
            });
        }
    }

    /** What is wrong with a table; null if nothing is. */
    private static String problem(String base64) {
        ByteBuffer table;
        try {
            table = ByteBuffer.wrap(Base64.getDecoder().decode(base64)).order(ByteOrder.LITTLE_ENDIAN);
        } catch (IllegalArgumentException e) {
            return "is not in base64";
        }
        if (table.remaining() < Integer.BYTES) {
            return "has " + table.remaining() + " bytes and no size";
        }
        long units = Integer.toUnsignedLong(table.getInt()) / Integer.BYTES;
        if (units == 0 || units > table.remaining() / Integer.BYTES) {
            return "declares a trie of " + units + " units where it has room for " + table.remaining() / Integer.BYTES;
        }
        IntBuffer trie = table.slice(table.position(), (int) units * Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer();
        ByteBuffer rest = table.position(table.position() + (int) units * Integer.BYTES);
        byte[] texts = new byte[rest.remaining()];
        rest.duplicate().get(texts);
        try {
            var unused = StandardCharsets.UTF_8.newDecoder().decode(rest);
        } catch (CharacterCodingException e) {
            return "has texts that are not in UTF-8";
        }
        return new CharsmapForm(trie, texts).problem();
    }

    /** Goes wherever a text can lead; null if that is always inside. */
    private String problem() {
        BitSet seen = new BitSet(trie.limit());
        Deque<Long> open = new ArrayDeque<>(List.of(offset(trie.get(0))));
        while (!open.isEmpty()) {
            long base = open.remove();
            // The next byte of a text can lead anywhere in this block of 256 units.
            if ((base | 0xFF) >= trie.limit()) {
                return "leads to unit " + (base | 0xFF) + " of " + trie.limit();
            }
            if (seen.get((int) base)) {
                continue;
            }
            seen.set((int) base);
            for (int label = 1; label <= 0xFF; label++) {
                int unit = trie.get((int) base ^ label);
                if ((unit & 0x8000_00FF) != label) {
                    continue;
                }
                long child = (base ^ label) ^ offset(unit);
                if ((unit >>> 8 & 1) == 1) {
                    if (child >= trie.limit()) {
                        return "leads to unit " + child + " of " + trie.limit();
                    }
                    int text = trie.get((int) child) & 0x7FFF_FFFF;
                    if (!isBoundary(text)) {
                        return "replaces by the text at " + text + ", where none of its " + texts.length
                                + " bytes of texts begins";
                    }
                }
                open.add(child);
            }
        }
        return null;
    }

    private static long offset(int unit) {
        return (long) (unit >>> 10) << ((unit & 0x200) >>> 6);
    }

    private boolean isBoundary(int at) {
        return at == texts.length || (at < texts.length && (texts[at] & 0xC0) != 0x80);
    }
}
