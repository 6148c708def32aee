package io.sinkstream.decoder;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import io.sinkstream.settings.MemoryBudget;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.util.List;

/**
 * What a decoder runs on, the processor or one GPU, and all that differs between the two: how it is found and what memory it
 * has, which products, attention and number types it takes, and how much work is one piece. Its program has files of its own,
 * see {@link ProgramFiles}.
 *
 * <p>On a GPU weights, caches and masks lie in its memory. A pass is one call: its plan is a list of numbers that the host
 * already has, tokens and positions go over before it and all results come back in one copy after it, so nothing inside waits
 * for the device.
 *
 * @param device as DJL calls it
 */
public record Hardware(Device device) {
    /** The processor. */
    public static final Hardware CPU = new Hardware(Device.cpu());

    /** Numbers of a bias that CUDA's attention reads at a time, at most: 16 bytes of bfloat16. */
    static final int ALIGNMENT = 8;

    /**
     * Rows of queries from which on a slab's keys that stand in columns are copied into rows, for an operator that attends without
     * writing scores out. Few rows take less time written out.
     */
    static final int TURNED_ROWS = 32;

    /** A vocabulary from which on groups of tokens are larger. */
    private static final int MANY_TOKENS = 8192;

    /** The CUDA driver's own library, under the name that it has on every machine with a GPU. */
    private static final String DRIVER = "libcuda.so.1";

    /** A large product and a large piece of memory, to measure what a machine reaches. */
    record Probe(int rows, int size, long bytes) {}

    /**
     * What {@code --device} means on this machine.
     *
     * @param wanted {@code auto}, {@code cpu} or {@code gpu}
     * @param gpu which one, if there are several
     * @throws UserException if a GPU is asked for that is not there
     */
    public static Hardware choose(Engine engine, String wanted, int gpu) {
        boolean isThere = !wanted.equals("cpu") && engine.hasCapability(StandardCapabilities.CUDA);
        if (!isThere) {
            if (wanted.equals("gpu")) {
                throw new UserException(Settings.DEVICE + ": there is no GPU that libtorch " + engine.getVersion()
                        + " can use here; on a machine with one, set PYTORCH_LIBRARY_PATH to the lib folder of a libtorch "
                        + engine.getVersion() + " for CUDA 12.8 and PYTORCH_FLAVOR to cu128, or give "
                        + Settings.DEVICE + " cpu");
            }
            return CPU;
        }
        Hardware chosen = new Hardware(Device.gpu(gpu));
        try (NDManager manager = engine.newBaseManager(chosen.device)) {
            manager.zeros(new Shape(1));
        } catch (EngineException e) {
            throw new UserException(
                    Settings.DEVICE + ": GPU " + gpu + " can't be used: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse(""),
                    e);
        }
        return chosen;
    }

    /** Whether {@code --device} may mean a GPU on this machine, without starting libtorch: CUDA's driver is there. */
    public static boolean mayBeGpu(String wanted) {
        if (wanted.equals("cpu")) {
            return false;
        }
        try {
            return NativeLibrary.getInstance(DRIVER) != null;
        } catch (UnsatisfiedLinkError e) {
            return false;
        }
    }

    /** What arrays of this manager lie on. */
    public static Hardware of(NDManager manager) {
        return new Hardware(manager.getDevice());
    }

    private boolean gpu() {
        return device.isGpu();
    }

    /** Rows of each product whose bits depend on nothing else: a number of rows may have a kernel of its own. */
    static final int ALIKE_ROWS = 16;

    /** The template of what it does in a way of its own. */
    String file() {
        return gpu() ? "gpu" : "processor";
    }

    /** The number type of weights that are stored in {@code stored}, where none is asked for. */
    public NumberType weights(NumberType stored) {
        return gpu() ? NumberType.BFLOAT16 : stored;
    }

    /**
     * The number type of queries beside keys and values in {@code cell}, which is also the one that attention computes in. A
     * processor's kernels for bfloat16 are several times slower than widening what they would read.
     */
    NumberType query(NumberType cell) {
        return gpu() ? cell : NumberType.FLOAT32;
    }

    /**
     * The products that may serve weights of this type, the smallest first. On a GPU there is one each: oneDNN and libtorch's
     * kernels for four and eight bits are the processor's.
     */
    List<Products> products(NumberType weights) {
        if (gpu()) {
            return List.of(Products.plain(weights));
        }
        return switch (weights) {
            case FLOAT32 -> List.of(Products.MAPPED, Products.FLOAT32);
            case BFLOAT16 ->
                List.of(
                        Products.BFLOAT16,
                        Products.BFLOAT16_BY_FOURS,
                        Products.BFLOAT16_BAGS,
                        Products.BFLOAT16_NARROW_BAGS,
                        Products.FLOAT32);
            case INT8 ->
                List.of(
                        Products.NIBBLES,
                        Products.INT8,
                        Products.INT8_BAGS,
                        Products.BFLOAT16,
                        Products.BFLOAT16_BY_FOURS,
                        Products.FLOAT32);
        };
    }

    /**
     * Query rows of one attention block, as was measured on a processor. On a GPU each block costs several launches, and the keys
     * beyond its band little.
     */
    int block(boolean mixed) {
        return gpu() ? 256 : mixed ? 128 : 64;
    }

    /**
     * Rows whose logits exist at a time. A processor has 32 MiB of them in fp32: below, products of the output head get
     * slow; above, the softmax leaves its cache. A GPU has half a gigabyte.
     */
    int logitRows(int vocabulary) {
        return gpu()
                ? Math.max(16, Math.min(1024, (128 << 20) / vocabulary))
                : Math.max(16, Math.min(256, (8 << 20) / vocabulary));
    }

    /**
     * Rows whose logits become fp32 at a time, where they are not already. On a processor a larger piece, made anew each time,
     * costs more to map than to compute; a GPU's memory is kept.
     */
    int softmaxRows() {
        return gpu() ? 1024 : 16;
    }

    /**
     * How many tokens are one group, of which the highest logit is looked at before their own: near the root of how many there are
     * for each of a few that are wanted.
     */
    int group(int vocabulary) {
        return vocabulary < MANY_TOKENS ? 16 : 64;
    }

    /**
     * Whether queries and keys go into the rotary embedding in the number type of their product. It computes in fp32 either way:
     * on a GPU an operator widens what it reads, a processor's operators would each make a wide copy.
     */
    boolean rotatesNarrow() {
        return gpu();
    }

    /**
     * Whether chunks multiply queries with keys in {@code cell}, and values, in bfloat16 too: where a processor does so with the
     * weights, because it has instructions for it.
     */
    boolean mixes(Products products, NumberType cell) {
        return cell == NumberType.BFLOAT16 && (products == Products.BFLOAT16 || products == Products.BFLOAT16_BY_FOURS);
    }

    /**
     * Whether keys in {@code cell} stand in columns. So a processor reads a single row's keys at the rate of its memory, and multiplies a
     * chunk's queries with them faster. A GPU's flash attention wants them in rows, and so does a processor's fused attention in
     * fp32, where a chunk would lose what a token gains.
     */
    boolean keysInColumns(NumberType cell) {
        return !gpu() && cell == NumberType.BFLOAT16;
    }

    /** Whether attention with keys and values in {@code cell} can be flash attention, where it needs no mask. */
    boolean flash(NumberType cell) {
        return gpu() && cell == NumberType.BFLOAT16;
    }

    /**
     * Numbers of a layer's caches, at most, that are copied side by side so that streams with single rows attend together. One
     * head's single query is one block of a GPU's kernel, so that a stream alone leaves most of a GPU idle.
     */
    int together() {
        return gpu() ? 512 << 20 : 0;
    }

    /** What is large enough to show the rates of this machine. */
    Probe probe() {
        return gpu() ? new Probe(8192, 8192, 2L << 30) : new Probe(512, 2048, 512L << 20);
    }

    /**
     * Checks that attention takes the heads: CUDA's reads 16 bytes at a time.
     *
     * @param cell the number type of keys and values
     * @throws UserException if it does not
     */
    void requireHeads(int headSize, NumberType cell) {
        int multiple = 16 / cell.bytes();
        if (gpu() && headSize % multiple != 0) {
            throw new UserException(Settings.DEVICE + ": this model's heads have " + headSize
                    + " numbers, and on a GPU only multiples of " + multiple + " are supported with caches in " + cell
                    + "; give " + Settings.DEVICE + " cpu");
        }
    }

    /** What a budget comes to here, in bytes: a share is one of the memory that caches lie in. */
    public long bytes(MemoryBudget budget) {
        return gpu() ? budget.bytesOf(this::memory) : budget.bytes();
    }

    /**
     * All of a GPU's memory, in bytes. The driver is asked itself: DJL asks the CUDA runtime, and finds none where it lies
     * beside libtorch.
     */
    private long memory() {
        NativeLibrary driver = NativeLibrary.getInstance(DRIVER);
        IntByReference handle = new IntByReference();
        LongByReference bytes = new LongByReference();
        int failed = driver.getFunction("cuInit").invokeInt(new Object[] {0});
        if (failed == 0) {
            failed = driver.getFunction("cuDeviceGet").invokeInt(new Object[] {handle, device.getDeviceId()});
        }
        if (failed == 0) {
            failed = driver.getFunction("cuDeviceTotalMem_v2").invokeInt(new Object[] {bytes, handle.getValue()});
        }
        if (failed != 0) {
            throw new IllegalStateException("CUDA's driver can't tell the memory of " + device + ": error " + failed);
        }
        return bytes.getValue();
    }
}
