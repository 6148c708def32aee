package io.sinkstream.family;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.StoredType;
import io.sinkstream.checkpoint.TensorHeader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.List;

/** A stored tensor as fp32: the mapped bytes themselves where they are fp32, else a widened copy. */
final class MappedWeight {
    /** Bytes of fp32 that are made at a time where a tensor has to be widened: buffers count against the JVM's limit, arrays do not. */
    static final int PIECE = 16 << 20;

    private MappedWeight() {}

    /** Loads the tensors, one after the other, as a weight of {@code shape} into {@code manager}, which owns it. */
    static NDArray load(Checkpoint checkpoint, List<Stored> parts, List<Long> shape, NDManager manager) {
        Shape wanted = new Shape(shape.stream().mapToLong(Long::longValue).toArray());
        if (parts.size() == 1 && parts.get(0).isWhole()) {
            return load(checkpoint, checkpoint.tensor(parts.get(0).tensor()), manager, PIECE);
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
        NDArray whole = load(checkpoint, checkpoint.tensor(part.tensor()), scratch, PIECE);
        NDArray upright = part.transposed() ? whole.transpose() : whole;
        if (part.rows().isEmpty()) {
            return upright;
        }
        long[] rows = part.rows().stream().mapToLong(Integer::longValue).toArray();
        return upright.get(new NDIndex("{}", scratch.create(rows)));
    }

    /**
     * A tensor as it is stored. fp32 is a view of the mapped file, up to the 2 GiB that a buffer can hold; a larger one, and what has fewer
     * bits, is copied in pieces of whole rows.
     *
     * @param most bytes of a piece in fp32, if a row takes no more
     */
    static NDArray load(Checkpoint checkpoint, TensorHeader header, NDManager manager, int most) {
        boolean mapped = header.type() == StoredType.F32;
        long rows = header.rows();
        long widest = header.rowBytes() * 4 / header.type().bytes();
        if (mapped && rows * widest <= Integer.MAX_VALUE) {
            return manager.create(checkpoint.map(header, 0, rows), shape(header, rows), DataType.FLOAT32);
        }
        long step = Math.min(rows, Math.max(1, most / widest));
        int buffer = header.type() == StoredType.BF16 ? Math.toIntExact(step * widest) : 0;
        ByteBuffer wide = ByteBuffer.allocateDirect(buffer).order(ByteOrder.nativeOrder());
        NDArray whole = manager.create(shape(header, rows), DataType.FLOAT32);
        try (NDManager scratch = manager.newSubManager()) {
            for (long from = 0; from < rows; from += step) {
                long to = Math.min(rows, from + step);
                ByteBuffer bytes = checkpoint.map(header, from, to);
                try (NDArray piece = piece(bytes, header.type(), shape(header, to - from), wide, scratch)) {
                    whole.set(new NDIndex("{}:{}", from, to), piece);
                }
            }
            return whole;
        } catch (RuntimeException | Error e) {
            whole.close();
            throw e;
        }
    }

    private static Shape shape(TensorHeader header, long rows) {
        long[] dimensions = header.shape().stream().mapToLong(Long::longValue).toArray();
        dimensions[0] = rows;
        return new Shape(dimensions);
    }

    private static NDArray piece(ByteBuffer bytes, StoredType type, Shape shape, ByteBuffer wide, NDManager manager) {
        return switch (type) {
            case F32 -> manager.create(bytes, shape, DataType.FLOAT32);
            case F16 -> {
                try (NDArray half = manager.create(bytes, shape, DataType.FLOAT16)) {
                    yield half.toType(DataType.FLOAT32, true);
                }
            }
            case BF16 -> manager.create(widened(bytes, wide), shape, DataType.FLOAT32);
        };
    }

    /** bfloat16 is the upper half of a float; DJL's own bfloat16 arrays abort the JVM. */
    private static ByteBuffer widened(ByteBuffer bytes, ByteBuffer wide) {
        ShortBuffer from = bytes.asShortBuffer();
        FloatBuffer to = wide.asFloatBuffer();
        for (int i = 0; i < from.capacity(); i++) {
            to.put(i, Float.intBitsToFloat(from.get(i) << 16));
        }
        return wide.slice(0, 2 * bytes.capacity()).order(ByteOrder.nativeOrder());
    }
}
