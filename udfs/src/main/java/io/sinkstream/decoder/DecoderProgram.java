package io.sinkstream.decoder;

import io.sinkstream.cache.ChunkPlan;
import io.sinkstream.cache.SinkWindow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The TorchScript program of a decoder: {@code decoder.torchscript}, filled in from its spec. Weights and caches are arguments, so the archive holds a few
 * kilobytes of source text and no tensor.
 *
 * <p>Attention merges parts by their log-sum-exp, each exact. For a chunk of several rows:
 *
 * <ul>
 *   <li>ring and chunk: the keys that the first row sees, put in the order of their positions, then the chunk's own. Seen
 *       from there the rule is one band, the same for every stream and every position, so its mask is made once. Queries
 *       go in blocks, each over just the keys that its band touches.
 *   <li>sinks: a small product, see {@link SinkWindow} for how their keys are stored.
 * </ul>
 *
 * <p>A single row attends once, over the sinks' copies and the ring, without a mask. Linear layers take the rows of all
 * streams together. The operator {@code _scaled_dot_product_flash_attention_for_cpu} gives wrong numbers if it has fewer
 * key/value heads than query heads, and a log-sum-exp of 0 where every key is masked. So query heads are folded into
 * the rows (row-major: all heads of a group for row 0, then for row 1), and rows that are sinks themselves, which have no
 * window, never go there.
 */
final class DecoderProgram {
    /** Query rows of one attention block: 64 is the fastest of 32 to 512 on two cores (R = 1020, chunks of 512). */
    static final int BLOCK = 64;

    /**
     * Logits that exist at a time: 32 MiB in fp32. Below, products of the output head get slow (measured with a vocabulary
     * of 32,000: 256 rows at once are 1.5 times as fast as 64); above, the softmax leaves the processor's cache.
     */
    static final int LOGITS = 8 << 20;

    private static final int VERSION = 10;

    private final DecoderSpec spec;
    private final SinkWindow rule;

    DecoderProgram(DecoderSpec spec, SinkWindow rule) {
        this.spec = spec;
        this.rule = rule;
    }

    /** The source text. */
    String source() {
        Map<String, String> names = new HashMap<>(Map.ofEntries(
                Map.entry("S", "" + rule.sinks()),
                Map.entry("R", "" + rule.window()),
                Map.entry("L", "" + spec.layers()),
                Map.entry("H", "" + spec.heads()),
                Map.entry("KV", "" + spec.keyValueHeads()),
                Map.entry("G", "" + spec.heads() / spec.keyValueHeads()),
                Map.entry("D", "" + spec.headSize()),
                Map.entry("HALF", "" + spec.headSize() / 2),
                Map.entry("HIDDEN", "" + spec.hidden()),
                Map.entry("INTERMEDIATE", "" + spec.intermediate()),
                Map.entry("EPS", "" + spec.normEpsilon()),
                Map.entry("SCALE", "" + 1 / Math.sqrt(spec.headSize())),
                Map.entry("BLOCK", "" + BLOCK),
                Map.entry("PLAN", "" + ChunkPlan.NUMBERS),
                Map.entry("ROWS", "" + Math.max(16, Math.min(256, LOGITS / spec.vocabulary()))),
                Map.entry("LAYER_WEIGHTS", "" + spec.layerWeights("").size()),
                Map.entry("NORM", "w[" + weight("norm") + "]"),
                Map.entry("HEAD", "w[" + (spec.tied() ? 0 : weight("head")) + "]"),
                Map.entry("ATTENTION_NORM", layerWeight("attention_norm")),
                Map.entry("QUERY", product("query")),
                Map.entry("KEY", product("key")),
                Map.entry("VALUE", product("value")),
                Map.entry("OUTPUT", product("output")),
                Map.entry("MLP_NORM", layerWeight("mlp_norm")),
                Map.entry("GATE", product("gate")),
                Map.entry("UP", product("up")),
                Map.entry("DOWN", product("down"))));
        RecordComponent[] plan = ChunkPlan.class.getRecordComponents();
        for (int i = 0; i < plan.length; i++) {
            names.put(plan[i].getName(), "" + i);
        }
        StringBuilder text = new StringBuilder();
        // A name in the template stands between two dollar signs.
        String[] parts = template().split("\\$", -1);
        for (int i = 0; i < parts.length; i++) {
            text.append(i % 2 == 0 ? parts[i] : names.get(parts[i]));
        }
        return text.toString();
    }

    private static String template() {
        try (InputStream source = DecoderProgram.class.getResourceAsStream("decoder.torchscript")) {
            return new String(source.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int weight(String role) {
        return index(spec.weights(), role);
    }

    /** A layer's weight, counted from the layer's first. */
    private String layerWeight(String role) {
        return "w[p + " + index(spec.layerWeights(""), role) + "]";
    }

    /** The weight and the bias of a product, as {@code torch.linear} takes them. */
    private String product(String role) {
        boolean biased = spec.layerWeights("").stream().anyMatch(w -> w.role().equals(role + ".bias"));
        return layerWeight(role) + ", " + (biased ? layerWeight(role + ".bias") : "None");
    }

    private static int index(List<DecoderSpec.Weight> weights, String role) {
        for (int i = 0; i < weights.size(); i++) {
            if (weights.get(i).role().equals(role)) {
                return i;
            }
        }
        throw new IllegalStateException("the decoder has no weight " + role);
    }

    /** The TorchScript archive: a stored zip with the source, an empty object of its class and no constants. */
    byte[] archive() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            // Pickle protocol 2: an object of class __torch__.Decoder with an empty state; an empty tuple.
            store(
                    zip,
                    "decoder/data.pkl",
                    "\u0080\u0002c__torch__\nDecoder\n)\u0081}b.".getBytes(StandardCharsets.ISO_8859_1));
            store(zip, "decoder/constants.pkl", "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1));
            store(zip, "decoder/code/__torch__.py", source().getBytes(StandardCharsets.UTF_8));
            store(zip, "decoder/version", (VERSION + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
        ZipEntry entry = new ZipEntry(name);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
