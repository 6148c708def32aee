package io.sinkstream.decoder;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import io.sinkstream.cache.ChunkPlan;

/**
 * What both halves of a pass that looks ahead are given, how its rows lie.
 *
 * @param caches of each stream, for each kind of layers
 * @param slabs the slabs' numbers
 * @param plans [streams, kinds, numbers of a plan]
 * @param padded rows of slabs, padding included
 * @param valid where each row of a slab is among those
 */
record PassArguments(IValue caches, IValue slabs, IValue plans, IValue padded, IValue valid) {
    /** Those of these rows; they belong to the scope. */
    PassArguments(Scope scope, PassRows rows, int kinds) {
        this(
                scope.list(rows.ordered().stream()
                        .flatMap(chunk -> chunk.cache().tensors().stream())
                        .toList()),
                scope.own(IValue.listFrom(rows.slabs())),
                scope.tensor(rows.plans(), new Shape(rows.ordered().size(), kinds, ChunkPlan.NUMBERS)),
                scope.tensor(rows.padded(), new Shape(rows.padded().length)),
                scope.tensor(rows.valid(), new Shape(rows.valid().length)));
    }
}
