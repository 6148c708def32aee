package io.sinkstream.family;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.TensorHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.List;

/** A stored tensor as fp32: the mapped bytes themselves where they are fp32, else a widened copy. */
final class MappedWeight {
    private MappedWeight() {}

    /** Loads the tensors, one after the other, as a weight of {@code shape} into {@code manager}, which owns it. */
    static NDArray load(Checkpoint checkpoint, List<Stored> parts, List<Long> shape, NDManager manager) {
        Shape wanted = new Shape(shape.stream().mapToLong(Long::longValue).toArray());
        if (parts.size() == 1 && parts.get(0).isWhole()) {
            return load(checkpoint, checkpoint.tensor(parts.get(0).tensor()), manager, Integer.MAX_VALUE);
        }
        try (NDManager scratch = manager.newSubManager()) {
            NDList loaded = new NDList();
            for (Stored part : parts) {
                loaded.add(rows(checkpoint, part, scratch));
            }
            NDArray joined = NDArrays.concat(loaded, 0).reshape(wanted);
            joined.attach(manager);
            return joined;
        }
    }

    private static NDArray rows(Checkpoint checkpoint, Stored part, NDManager scratch) {
        NDArray whole = load(checkpoint, checkpoint.tensor(part.tensor()), scratch, Integer.MAX_VALUE);
        NDArray upright = part.transposed() ? whole.transpose() : whole;
        if (part.rows().isEmpty()) {
            return upright;
        }
        long[] rows = part.rows().stream().mapToLong(Integer::longValue).toArray();
        return upright.get(new NDIndex("{}", scratch.create(rows)));
    }

    /**
     * A tensor as it is stored, with buffers of at most {@code most} bytes. A buffer cannot hold 2 GiB, so a larger tensor comes in pieces
     * of whole rows, which are then joined by a copy.
     */
    static NDArray load(Checkpoint checkpoint, TensorHeader header, NDManager manager, int most) {
        long rows = header.rows();
        long widest = header.rowBytes() * 4 / header.type().bytes();
        long step = Math.max(1, most / widest);
        if (step >= rows) {
            return piece(checkpoint, header, 0, rows, manager);
        }
        try (NDManager scratch = manager.newSubManager()) {
            NDList pieces = new NDList();
            for (long from = 0; from < rows; from += step) {
                pieces.add(piece(checkpoint, header, from, Math.min(rows, from + step), scratch));
            }
            NDArray joined = NDArrays.concat(pieces, 0);
            joined.attach(manager);
            return joined;
        }
    }

    private static NDArray piece(Checkpoint checkpoint, TensorHeader header, long from, long to, NDManager manager) {
        ByteBuffer bytes = checkpoint.map(header, from, to);
        long[] dimensions = header.shape().stream().mapToLong(Long::longValue).toArray();
        dimensions[0] = to - from;
        Shape shape = new Shape(dimensions);
        return switch (header.type()) {
            case F32 -> manager.create(bytes, shape, DataType.FLOAT32);
            case F16 -> {
                try (NDArray half = manager.create(bytes, shape, DataType.FLOAT16)) {
                    yield half.toType(DataType.FLOAT32, true);
                }
            }
            case BF16 -> manager.create(widen(bytes), shape, DataType.FLOAT32);
        };
    }

    /** bfloat16 is the upper half of a float; DJL's own bfloat16 arrays abort the JVM. */
    private static ByteBuffer widen(ByteBuffer bytes) {
        ByteBuffer wide = ByteBuffer.allocateDirect(2 * bytes.capacity()).order(ByteOrder.nativeOrder());
        ShortBuffer from = bytes.asShortBuffer();
        FloatBuffer to = wide.asFloatBuffer();
        for (int i = 0; i < from.capacity(); i++) {
            to.put(i, Float.intBitsToFloat(from.get(i) << 16));
        }
        return wide;
    }
}
