package io.sinkstream.decoder;

import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.TokenDetails;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which files a decoder's program is made of: where there are several ways to do something, each is a file, and a program has
 * one of them.
 *
 * @param held what the weights are rounded to
 * @param cell the number type of keys and values
 * @param details what is wanted of scored tokens beside their NLLs
 * @param deterministic whether a row's numbers are the same to the last bit whatever else is in its pass
 */
record ProgramFiles(
        Hardware hardware,
        DecoderSpec spec,
        NumberType held,
        NumberType cell,
        Products products,
        TokenDetails details,
        boolean deterministic) {
    /** Those of the same program with these details. */
    ProgramFiles detailed(TokenDetails wanted) {
        return new ProgramFiles(hardware, spec, held, cell, products, wanted, deterministic);
    }

    /** Those of the program whose numbers do not depend on what else is in a pass. */
    ProgramFiles determined() {
        return new ProgramFiles(hardware, spec, held, cell, products, details, true);
    }

    /** What a program is for. */
    enum Use {
        /** Passes. */
        PASS,
        /** Measuring what bounds them, too. */
        LIMITS,
        /** Looking at attention, too. */
        ATTENTION
    }

    /** Their names. */
    List<String> all(Use use) {
        List<String> files = new ArrayList<>();
        files.add("decoder");
        files.add(details.isNone() ? "score" : "score_in_detail");
        files.addAll(detailFiles());
        files.add("next_tokens");
        files.add(deterministic ? "likely_alike" : "likely");
        files.add(hardware.file());
        files.addAll(layer());
        files.add("weights");
        files.add("weights_in_" + held);
        files.addAll(products.files());
        files.addAll(attention());
        switch (use) {
            case PASS -> {}
            case LIMITS -> {
                files.add("limits");
                files.add(onGpu() ? "limits_on_gpu" : keysInColumns() ? "limits_in_columns" : "limits_in_rows");
            }
            case ATTENTION -> {
                files.add("attention");
                files.add(spec.alibi() ? "attention_by_bias" : "attention_by_rotation");
            }
        }
        return files;
    }

    /** Those that tell more of scored tokens, each by a method of its name. */
    private List<String> detailFiles() {
        List<String> files = new ArrayList<>();
        if (details.rank()) {
            files.add("rank");
        }
        if (details.entropy()) {
            files.add(deterministic ? "entropy_alike" : "entropy");
        }
        if (details.likeliest() > 0) {
            files.add(deterministic ? "likeliest_alike" : byGroups() ? "likeliest_by_groups" : "likeliest");
        }
        return files;
    }

    /** Whether groups of tokens are looked at first; not where there are few, or where a GPU sorts. */
    private boolean byGroups() {
        int vocabulary = spec.sizes().vocabulary();
        return !onGpu() && vocabulary / hardware.group(vocabulary) >= 2 * details.likeliest();
    }

    /** Calls of their methods, whose numbers lie as {@link TokenDetails} has them. */
    String detailCalls(String arguments) {
        return detailFiles().stream()
                .map(file -> "self." + file + "(" + arguments + ")")
                .collect(Collectors.joining(", "));
    }

    private List<String> layer() {
        List<String> files = new ArrayList<>();
        files.add(joint() ? "projection_turned_at_once" : "projection");
        files.add(spec.attention().trainedLength() > 0 ? "queries_by_length" : "queries_as_they_are");
        files.add(
                switch (spec.block()) {
                    case SEQUENTIAL, POST_NORM -> "block_sequential";
                    case PARALLEL -> "block_parallel";
                    case PARALLEL_TWO_NORMS -> "block_parallel_with_two_norms";
                });
        files.add(!spec.mlp().gated() ? "mlp" : fused() ? "mlp_gated_at_once" : "mlp_gated");
        if (deterministic) {
            files.add("activations_alike");
        }
        return files;
    }

    private List<String> attention() {
        List<String> files = new ArrayList<>();
        if (spec.alibi()) {
            files.add("alibi");
        } else {
            files.add("rotary");
            files.add(2 * spec.rotated() < spec.sizes().headSize() ? "rotary_of_parts" : "rotary_of_heads");
        }
        files.add(spec.attention().sink() == DecoderSpec.Sink.NONE ? "sinks_without_logit" : "sinks_with_logit");
        files.add("cache");
        files.add(keysInColumns() ? "keys_in_columns" : "keys_in_rows");
        files.add("single_rows");
        if (onGpu()) {
            files.add("single_rows_on_gpu");
            files.add(hardware.flash(cell) && !spec.alibi() ? "flash_on_gpu" : "masked_on_gpu");
            files.add("chunk");
        } else {
            files.add("value_table");
            files.add(keysInColumns() ? "single_rows_in_columns" : "single_rows_on_processor");
            files.addAll(chunks());
        }
        files.add("slab");
        return files;
    }

    private List<String> chunks() {
        if (!deterministic) {
            return List.of(inBfloat16() ? "chunk_in_bfloat16" : "chunk_masked", "chunk");
        }
        return spec.alibi() ? List.of("chunk_by_places", "sink_bias_by_places") : List.of("chunk_by_places");
    }

    private boolean onGpu() {
        return !hardware.equals(Hardware.CPU);
    }

    /** Whether keys stand in columns, which serve single rows only. */
    boolean keysInColumns() {
        return hardware.keysInColumns(cell) && !deterministic;
    }

    /** Whether products of the same input are one. */
    private boolean fused() {
        return products != Products.MAPPED;
    }

    /** Whether queries and keys, which are one product, go into the rotary embedding as they come out of it. */
    boolean joint() {
        DecoderSpec.Attention attention = spec.attention();
        return fused()
                && !spec.alibi()
                && attention.clip() == Double.POSITIVE_INFINITY
                && attention.queryKeyNorm() == DecoderSpec.QueryKeyNorm.NONE
                && attention.trainedLength() == 0;
    }

    /** Whether a chunk's attention is written out, in bfloat16 products. ALiBi's bias is no number for 8 bits. */
    boolean inBfloat16() {
        return hardware.mixes(products, cell) && !spec.alibi() && !deterministic;
    }
}
