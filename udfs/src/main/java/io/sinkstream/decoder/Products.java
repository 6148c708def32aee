package io.sinkstream.decoder;

import io.sinkstream.settings.NumberType;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How a program multiplies by its weights.
 *
 * <p>Which one is the fastest depends on the processor and on the number of rows, so {@link ProductChoice} measures. What it
 * found on some is in {@code udfs/RATIONALE.md}.
 */
enum Products {
    /** fp32 by the matrix library, with weights as they are mapped: no copy. */
    MAPPED(NumberType.FLOAT32, 0, "products_mapped"),
    /** fp32 by oneDNN, with weights in its blocked order. */
    FLOAT32(NumberType.FLOAT32, 4, "products_by_onednn"),
    /** bfloat16 by oneDNN, likewise; sums are fp32. */
    BFLOAT16(NumberType.BFLOAT16, 2, "products_by_onednn"),
    /**
     * The same with fewer than four rows filled up to four, which on some processors take less time than one.
     */
    BFLOAT16_BY_FOURS(NumberType.BFLOAT16, 2, "products_by_onednn_in_fours"),
    /** The same as sums of rows of a table, like {@link #INT8_BAGS}: memory's rate where there are no products in bfloat16. */
    BFLOAT16_BAGS(NumberType.BFLOAT16, 2, "products_in_bfloat16_bags"),
    /** The same in bags whose sums stay in AVX2's registers, of which there are half as many, of half the width. */
    BFLOAT16_NARROW_BAGS(NumberType.BFLOAT16, 2, "products_in_bfloat16_bags"),
    /** fp32 by oneDNN, the same bits for a row whatever is multiplied with it, and on any number of threads. */
    FLOAT32_ALIKE(NumberType.FLOAT32, 4, "products_alike"),
    /** bfloat16, likewise. */
    BFLOAT16_ALIKE(NumberType.BFLOAT16, 2, "products_alike"),
    /** bfloat16 times int8 weights with a scale for each output. */
    INT8(NumberType.BFLOAT16, 1, "products_in_int8"),
    /**
     * The same weights as two matrices of four bits each, 16 high + low: libtorch's kernel for four bits reads memory
     * faster than its kernel for eight, and every step is exact but for the rounding of the two sums.
     */
    NIBBLES(NumberType.BFLOAT16, 1, "products_in_nibbles"),
    /**
     * fp32 times int8 weights, where a product is a sum of rows of a table: each input's row, times the input, the outputs in
     * bags of so many that their sums stay in registers. The kernel that adds up rows of embeddings reads memory faster than
     * those that multiply matrices, and does so again for each row of x.
     */
    INT8_BAGS(NumberType.FLOAT32, 1, "products_in_int8_bags"),
    /** fp32 by whatever the device multiplies with, from a copy. */
    PLAIN_FLOAT32(NumberType.FLOAT32, 4, "products_plain_float32"),
    /** bfloat16, likewise. */
    PLAIN_BFLOAT16(NumberType.BFLOAT16, 2, "products_plain_bfloat16"),
    /** int8 weights, likewise, widened to bfloat16 for each product: half the memory, and slower. */
    PLAIN_INT8(NumberType.BFLOAT16, 1, "products_plain_int8");

    private static final int KERNEL_INPUTS = 32;
    private static final int KERNEL_OUTPUTS = 16;

    private final NumberType activations;
    private final int bytes;
    private final String file;

    Products(NumberType activations, int bytes, String file) {
        this.activations = activations;
        this.bytes = bytes;
        this.file = file;
    }

    /** The templates that pack weights for it and multiply by them. */
    List<String> files() {
        return mostOfBag() > 0 ? List.of("bags", file) : List.of(file);
    }

    /** The most outputs that share a bag; 0 if there are no bags. */
    int mostOfBag() {
        return switch (this) {
            case BFLOAT16_BAGS, INT8_BAGS -> 256;
            case BFLOAT16_NARROW_BAGS -> 96;
            default -> 0;
        };
    }

    /** The number type of what is multiplied with the weights. */
    NumberType activations() {
        return activations;
    }

    /** Bytes that are read for each weight. */
    int bytesRead() {
        return this == MAPPED ? NumberType.FLOAT32.bytes() : bytes;
    }

    /** Bytes that each weight takes beside its file. */
    int bytes() {
        return bytes;
    }

    /** Whether the kernels take these widths. They do not all check: unaligned rows end the process. */
    private boolean takes(DecoderSpec.Sizes sizes) {
        if (this != INT8 && this != NIBBLES) {
            return true;
        }
        int attended = sizes.heads() * sizes.headSize();
        return IntStream.of(sizes.hidden(), attended, sizes.intermediate())
                        .allMatch(width -> width % KERNEL_INPUTS == 0)
                && sizes.vocabulary() % KERNEL_OUTPUTS == 0;
    }

    /** What every device can do with weights of this type. */
    static Products plain(NumberType weights) {
        return switch (weights) {
            case FLOAT32 -> PLAIN_FLOAT32;
            case BFLOAT16 -> PLAIN_BFLOAT16;
            case INT8 -> PLAIN_INT8;
        };
    }

    /** Those that may serve weights of this type and these sizes there, the smallest first. */
    static List<Products> of(Hardware hardware, NumberType weights, DecoderSpec.Sizes sizes) {
        return hardware.products(weights).stream()
                .filter(products -> products.takes(sizes))
                .toList();
    }
}
