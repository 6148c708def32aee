package io.sinkstream.decoder;

import io.sinkstream.settings.NumberType;
import java.util.HashMap;
import java.util.Map;

/** What a program's number types are, and where one becomes another, as its templates name it. */
record Conversions(ProgramFiles files) {
    /** Their names and what stands for each; {@code wide} makes activations fp32. */
    Map<String, String> names(String wide) {
        Map<String, String> names = new HashMap<>(types());
        DecoderSpec spec = files.spec();
        Hardware hardware = files.hardware();
        NumberType cell = files.cell();
        NumberType activations = files.products().activations();
        // What is only added to the residual stream is widened by the addition.
        boolean onlyAdded =
                spec.block() != DecoderSpec.Block.POST_NORM && spec.scales().residual() == 1;
        names.put("ADDED", onlyAdded ? "" : wide);
        String kept = ".to(" + TorchScript.scalarType(cell) + ")";
        NumberType query = hardware.query(cell);
        names.put("TURNED", hardware.rotatesNarrow() && cell == activations ? "" : wide);
        // Keys meet queries in the number type of the caches, or are kept in it only.
        names.put("MET", query == NumberType.FLOAT32 ? "" : kept);
        names.put("KEPT", query == cell ? "" : kept);
        NumberType value = files.joint() ? activations : NumberType.FLOAT32;
        names.put("KEPT_VALUE", value == cell ? "" : kept);
        names.put("QUERY", "" + TorchScript.scalarType(query));
        names.put("BAND", "" + TorchScript.scalarType(files.inBfloat16() ? cell : query));
        // Blocks of places meet what they see of a cache as a copy in fp32.
        NumberType multiplied = files.deterministic() ? NumberType.FLOAT32 : cell;
        names.put("MULTIPLIED", "" + TorchScript.scalarType(multiplied));
        names.put("BARE", files.inBfloat16() || query == cell ? "" : ".to(6)");
        names.put("SEEN", query == cell ? "" : ".to(6)");
        // A softmax computes in fp32, whatever its scores are; only what is added to them has to find them wide.
        boolean wideScores = spec.alibi() || spec.attention().sink() != DecoderSpec.Sink.NONE;
        names.put("SCORE_WIDE", wideScores ? ".to(6)" : "");
        names.put("SCORE_KEPT", wideScores ? kept : "");
        boolean columns = files.keysInColumns();
        names.put("MASTERS", columns ? "values" : "keys");
        names.put(
                "KEPT_KEYS", columns ? "torch.transpose(heads.column_key, 1, 2)" : "torch.transpose(heads.key, 0, 1)");
        return names;
    }

    /** The types of what some programs have and others lack. */
    private Map<String, String> types() {
        DecoderSpec spec = files.spec();
        boolean onProcessor = files.hardware().equals(Hardware.CPU);
        return Map.of(
                "EPSILON_TYPE", onProcessor ? "Tensor" : "float",
                "BIASED", spec.alibi() ? "1" : "0",
                "BIAS", tensor(spec.alibi()),
                "SINGLE_BIAS", tensor(spec.alibi() || onProcessor),
                "QUERY_SCALE", tensor(spec.attention().trainedLength() > 0),
                "SINK_LOGIT", tensor(spec.attention().sink() != DecoderSpec.Sink.NONE));
    }

    private static String tensor(boolean there) {
        return there ? "Tensor" : "Optional[Tensor]";
    }
}
