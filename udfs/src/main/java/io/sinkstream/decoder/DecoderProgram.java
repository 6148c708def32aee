package io.sinkstream.decoder;

import io.sinkstream.cache.ChunkPlan;
import io.sinkstream.cache.SinkWindow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The TorchScript program of a decoder, written from its spec. Weights and caches are arguments, so the archive holds a few
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
        Map<String, String> names = Map.ofEntries(
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
                Map.entry("DOWN", product("down")));
        StringBuilder text = new StringBuilder();
        // A name in the template stands between two dollar signs.
        String[] parts = TEMPLATE.split("\\$", -1);
        for (int i = 0; i < parts.length; i++) {
            text.append(i % 2 == 0 ? parts[i] : names.get(parts[i]));
        }
        return text.toString();
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

    /**
     * The program. Its arguments:
     *
     * <ul>
     *   <li>w: the weights in {@link DecoderSpec#weights}' order;
     *   <li>frequencies: float64 [HALF]; band: [BLOCK * G, R + BLOCK], what {@code band} made;
     *   <li>caches: a stream each, [L, 2, KV, slots, D]; plan: {@link ChunkPlan}'s numbers, a stream each;
     *   <li>ids: int64 [2, N], tokens and positions of all rows; early: whether a row's sinks are not settled;
     *   <li>scored: int64 [2, M], rows and the tokens to score there; last: int64 [K], rows whose next token is wanted.
     * </ul>
     *
     * It gives float64 [M + 2K]: NLLs, next tokens, their NLLs.
     *
     * <p>{@code products} is a pass's matrix products and nothing else, for a batch of streams with as many rows each, over
     * the keys and values that {@code memory} made: the yardstick for how fast a pass can be. One number of each product is
     * kept, or the executor would drop the product as dead code.
     */
    private static final String TEMPLATE =
            """
            class Decoder(Module):
              __parameters__ = []
              __buffers__ = []
              def band(self, like: Tensor) -> Tensor:
                row = torch.unsqueeze(torch.arange($BLOCK$), 1)
                key = torch.unsqueeze(torch.arange($R$ + $BLOCK$), 0)
                hidden = torch.logical_or(torch.lt(key, row), torch.gt(key, row + $R$))
                mask = torch.masked_fill(torch.zeros([$BLOCK$, $R$ + $BLOCK$]), hidden, -inf)
                return torch.repeat_interleave(mask.to(like.dtype), $G$, 0)
              def rotate(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
                a = torch.narrow(x, -1, 0, $HALF$)
                b = torch.narrow(x, -1, $HALF$, $HALF$)
                return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)
              def single(self, q: Tensor, k: Tensor, master: Tensor, v: Tensor, keys: Tensor, values: Tensor, plan: List[int], at: int, row: int) -> Tensor:
                slot = 2 * $S$ + plan[at + 7]
                if plan[at + 2] == 1:
                  slot = $S$ + plan[at + 1]
                  torch.copy_(torch.narrow(keys, 1, plan[at + 1], 1), torch.transpose(torch.narrow(master, 0, row, 1), 0, 1))
                torch.copy_(torch.narrow(keys, 1, slot, 1), torch.transpose(torch.narrow(k, 0, row, 1), 0, 1))
                torch.copy_(torch.narrow(values, 1, slot, 1), torch.transpose(torch.narrow(v, 0, row, 1), 0, 1))
                n = plan[at + 10]
                seen = torch.unsqueeze(torch.narrow(keys, 1, $S$, n), 0)
                told = torch.unsqueeze(torch.narrow(values, 1, $S$, n), 0)
                query = torch.view(torch.narrow(q, 0, row, 1), [1, $KV$, $G$, $D$])
                out, lse = torch._scaled_dot_product_flash_attention_for_cpu(query, seen, told, 0.0, False, attn_mask=None, scale=$SCALE$)
                return torch.reshape(out, [1, $H$ * $D$])
              def fold(self, x: Tensor, row: int, n: int) -> Tensor:
                return torch.reshape(torch.transpose(torch.view(torch.narrow(x, 0, row, n), [n, $KV$, $G$, $D$]), 0, 1), [$KV$, n * $G$, $D$])
              def window(self, q: Tensor, k: Tensor, v: Tensor, keys: Tensor, values: Tensor, band: Tensor, plan: List[int], at: int, row: int) -> Tuple[Tensor, Tensor]:
                first = plan[at + 2]
                n = plan[at] - first
                ks = annotate(List[Tensor], [])
                vs = annotate(List[Tensor], [])
                if plan[at + 4] > 0:
                  ks.append(torch.narrow(keys, 1, 2 * $S$ + plan[at + 3], plan[at + 4]))
                  vs.append(torch.narrow(values, 1, 2 * $S$ + plan[at + 3], plan[at + 4]))
                if plan[at + 5] > 0:
                  ks.append(torch.narrow(keys, 1, 2 * $S$, plan[at + 5]))
                  vs.append(torch.narrow(values, 1, 2 * $S$, plan[at + 5]))
                ks.append(torch.transpose(torch.narrow(k, 0, row + first, n), 0, 1))
                vs.append(torch.transpose(torch.narrow(v, 0, row + first, n), 0, 1))
                seen = torch.unsqueeze(torch.cat(ks, 1), 0)
                told = torch.unsqueeze(torch.cat(vs, 1), 0)
                held = plan[at + 4] + plan[at + 5]
                outs = annotate(List[Tensor], [])
                lses = annotate(List[Tensor], [])
                for block in range(torch.floordiv(n + $BLOCK$ - 1, $BLOCK$)):
                  i = block * $BLOCK$
                  rows = min($BLOCK$, n - i)
                  low = max(0, held + i - $R$)
                  count = held + i + rows - low
                  mask = torch.narrow(torch.narrow(band, 0, 0, rows * $G$), 1, max(0, $R$ - held - i), count)
                  query = torch.unsqueeze(torch.narrow(q, 1, (first + i) * $G$, rows * $G$), 0)
                  out, lse = torch._scaled_dot_product_flash_attention_for_cpu(query, torch.narrow(seen, 2, low, count), torch.narrow(told, 2, low, count), 0.0, False, attn_mask=mask, scale=$SCALE$)
                  outs.append(out)
                  lses.append(lse)
                return (torch.squeeze(torch.cat(outs, 2), 0), torch.squeeze(torch.cat(lses, 2), 0))
              def chunk(self, q: Tensor, bare: Tensor, k: Tensor, master: Tensor, v: Tensor, keys: Tensor, values: Tensor, band: Tensor, plan: List[int], at: int, row: int) -> Tensor:
                n = plan[at]
                held = plan[at + 1]
                first = plan[at + 2]
                folded = self.fold(q, row, n)
                out = folded
                lse = torch.select(folded, 2, 0)
                if n > first:
                  out, lse = self.window(folded, k, v, keys, values, band, plan, at, row)
                if held + first > 0:
                  seen = torch.narrow(keys, 1, 0, held)
                  told = torch.narrow(values, 1, $S$, held)
                  if first > 0:
                    seen = torch.cat([seen, torch.transpose(torch.narrow(master, 0, row, first), 0, 1)], 1)
                    told = torch.cat([told, torch.transpose(torch.narrow(v, 0, row, first), 0, 1)], 1)
                  score = torch.matmul(self.fold(bare, row, n), torch.transpose(seen, 1, 2)) * $SCALE$
                  if first > 0:
                    place = torch.floor_divide(torch.arange(n * $G$, device=score.device), $G$) + held
                    score = torch.masked_fill(score, torch.gt(torch.unsqueeze(torch.arange(held + first, device=score.device), 0), torch.unsqueeze(place, 1)), -inf)
                  logp = torch.log_softmax(score, -1)
                  told = torch.matmul(torch.exp(logp), told)
                  if n > first:
                    a = first * $G$
                    b = (n - first) * $G$
                    sunk = torch.narrow(torch.select(score, 2, 0) - torch.select(logp, 2, 0), 1, a, b)
                    out = torch.lerp(out, torch.narrow(told, 1, a, b), torch.unsqueeze(torch.sigmoid(sunk - lse), 2))
                    if first > 0:
                      out = torch.cat([torch.narrow(told, 1, 0, a), out], 1)
                  else:
                    out = told
                return torch.reshape(torch.transpose(torch.view(out, [$KV$, n, $G$, $D$]), 0, 1), [n, $H$ * $D$])
              def keep(self, k: Tensor, master: Tensor, v: Tensor, keys: Tensor, values: Tensor, plan: List[int], at: int, row: int) -> None:
                first = plan[at + 2]
                if first > 0:
                  torch.copy_(torch.narrow(keys, 1, plan[at + 1], first), torch.transpose(torch.narrow(master, 0, row, first), 0, 1))
                  torch.copy_(torch.narrow(values, 1, $S$ + plan[at + 1], first), torch.transpose(torch.narrow(v, 0, row, first), 0, 1))
                start = row + plan[at + 6]
                n = plan[at + 8]
                if n > 0:
                  torch.copy_(torch.narrow(keys, 1, 2 * $S$ + plan[at + 7], n), torch.transpose(torch.narrow(k, 0, start, n), 0, 1))
                  torch.copy_(torch.narrow(values, 1, 2 * $S$ + plan[at + 7], n), torch.transpose(torch.narrow(v, 0, start, n), 0, 1))
                more = plan[at + 9]
                if more > 0:
                  torch.copy_(torch.narrow(keys, 1, 2 * $S$, more), torch.transpose(torch.narrow(k, 0, start + n, more), 0, 1))
                  torch.copy_(torch.narrow(values, 1, 2 * $S$, more), torch.transpose(torch.narrow(v, 0, start + n, more), 0, 1))
                return None
              def forward(self, w: List[Tensor], frequencies: Tensor, band: Tensor, caches: List[Tensor], plan: List[int], ids: Tensor, early: bool, scored: Tensor, last: Tensor) -> Tensor:
                x = torch.embedding(w[0], torch.select(ids, 0, 0))
                places = torch.unsqueeze(torch.select(ids, 0, 1).to(7), 1)
                angle = torch.unsqueeze(places * frequencies, 1)
                cos = torch.cos(angle).to(x.dtype)
                sin = torch.sin(angle).to(x.dtype)
                early_angle = torch.unsqueeze(torch.clamp(places - $S$ - $R$, max=0) * frequencies, 1)
                early_cos = torch.cos(early_angle).to(x.dtype)
                early_sin = torch.sin(early_angle).to(x.dtype)
                streams = len(caches)
                row = 0
                for b in range(streams):
                  at = b * $PLAN$
                  held = plan[at + 1]
                  if plan[at] == 1 and held > 0:
                    turn = torch.clamp(torch.narrow(places, 0, row, 1), min=$S$ + $R$) * frequencies
                    sinks = torch.narrow(torch.select(caches[b], 1, 0), 2, 0, held)
                    torch.copy_(torch.narrow(torch.select(caches[b], 1, 0), 2, $S$, held), self.rotate(sinks, torch.cos(turn).to(x.dtype), torch.sin(turn).to(x.dtype)))
                  row = row + plan[at]
                all_k = annotate(List[Tensor], [])
                all_m = annotate(List[Tensor], [])
                all_v = annotate(List[Tensor], [])
                for layer in range($L$):
                  p = 1 + layer * $LAYER_WEIGHTS$
                  h = torch.rms_norm(x, [$HIDDEN$], $ATTENTION_NORM$, $EPS$)
                  bare = torch.view(torch.linear(h, $QUERY$), [-1, $H$, $D$])
                  key = torch.view(torch.linear(h, $KEY$), [-1, $KV$, $D$])
                  v = torch.view(torch.linear(h, $VALUE$), [-1, $KV$, $D$])
                  q = self.rotate(bare, cos, sin)
                  k = self.rotate(key, cos, sin)
                  master = key
                  if early:
                    bare = self.rotate(bare, early_cos, early_sin)
                    master = self.rotate(key, early_cos, early_sin)
                  mixed = annotate(List[Tensor], [])
                  row = 0
                  for b in range(streams):
                    at = b * $PLAN$
                    keys = torch.select(torch.select(caches[b], 0, layer), 0, 0)
                    values = torch.select(torch.select(caches[b], 0, layer), 0, 1)
                    if plan[at] == 1:
                      mixed.append(self.single(q, k, master, v, keys, values, plan, at, row))
                    else:
                      mixed.append(self.chunk(q, bare, k, master, v, keys, values, band, plan, at, row))
                    row = row + plan[at]
                  x = x + torch.linear(torch.cat(mixed, 0), $OUTPUT$)
                  h = torch.rms_norm(x, [$HIDDEN$], $MLP_NORM$, $EPS$)
                  h = torch.mul_(torch.silu_(torch.linear(h, $GATE$)), torch.linear(h, $UP$))
                  x = x + torch.linear(h, $DOWN$)
                  all_k.append(k)
                  all_m.append(master)
                  all_v.append(v)
                results = annotate(List[Tensor], [])
                m = torch.size(scored, 1)
                h = torch.rms_norm(torch.index_select(x, 0, torch.select(scored, 0, 0)), [$HIDDEN$], $NORM$, $EPS$)
                target = torch.unsqueeze(torch.select(scored, 0, 1), 1)
                for block in range(torch.floordiv(m + $ROWS$ - 1, $ROWS$)):
                  i = block * $ROWS$
                  rows = min($ROWS$, m - i)
                  logp = torch.log_softmax(torch.linear(torch.narrow(h, 0, i, rows), $HEAD$), -1, dtype=6)
                  results.append(torch.neg(torch.squeeze(torch.gather(logp, 1, torch.narrow(target, 0, i, rows)), 1)).to(7))
                n = torch.size(last, 0)
                h = torch.rms_norm(torch.index_select(x, 0, last), [$HIDDEN$], $NORM$, $EPS$)
                best = annotate(List[Tensor], [])
                for block in range(torch.floordiv(n + $ROWS$ - 1, $ROWS$)):
                  i = block * $ROWS$
                  logp = torch.log_softmax(torch.linear(torch.narrow(h, 0, i, min($ROWS$, n - i)), $HEAD$), -1, dtype=6)
                  value, index = torch.max(logp, 1)
                  results.append(index.to(7))
                  best.append(torch.neg(value).to(7))
                row = 0
                for b in range(streams):
                  at = b * $PLAN$
                  if plan[at] > 1:
                    for layer in range($L$):
                      keys = torch.select(torch.select(caches[b], 0, layer), 0, 0)
                      values = torch.select(torch.select(caches[b], 0, layer), 0, 1)
                      self.keep(all_k[layer], all_m[layer], all_v[layer], keys, values, plan, at, row)
                  row = row + plan[at]
                results.extend(best)
                results.append(torch.zeros([0], dtype=7))
                return torch.cat(results, 0)
              def memory(self, like: Tensor, streams: int, keys: int) -> Tensor:
                return torch.ones([$L$, 2, streams * $KV$, keys, $D$], dtype=like.dtype)
              def glance(self, x: Tensor) -> Tensor:
                return torch.clone(torch.narrow(torch.view(x, [-1]), 0, 0, 1))
              def products(self, w: List[Tensor], memory: Tensor, streams: int, rows: int) -> Tensor:
                n = streams * rows
                hidden = torch.ones([n, $HIDDEN$], dtype=memory.dtype)
                mixed = torch.ones([n, $H$ * $D$], dtype=memory.dtype)
                inner = torch.ones([n, $INTERMEDIATE$], dtype=memory.dtype)
                query = torch.ones([streams * $KV$, rows * $G$, $D$], dtype=memory.dtype)
                seen = annotate(List[Tensor], [])
                for layer in range($L$):
                  p = 1 + layer * $LAYER_WEIGHTS$
                  seen.append(self.glance(torch.linear(hidden, $QUERY$)))
                  seen.append(self.glance(torch.linear(hidden, $KEY$)))
                  seen.append(self.glance(torch.linear(hidden, $VALUE$)))
                  score = torch.matmul(query, torch.transpose(memory[layer][0], 1, 2))
                  seen.append(self.glance(torch.matmul(score, memory[layer][1])))
                  seen.append(self.glance(torch.linear(mixed, $OUTPUT$)))
                  seen.append(self.glance(torch.linear(hidden, $GATE$)))
                  seen.append(self.glance(torch.linear(hidden, $UP$)))
                  seen.append(self.glance(torch.linear(inner, $DOWN$)))
                seen.append(self.glance(torch.linear(hidden, $HEAD$)))
                return torch.cat(seen, 0)
            """;

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
