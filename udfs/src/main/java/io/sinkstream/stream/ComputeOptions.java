package io.sinkstream.stream;

import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.StoredType;
import io.sinkstream.checkpoint.TensorHeader;
import io.sinkstream.decoder.Hardware;
import io.sinkstream.decoder.Numbers;
import io.sinkstream.settings.MemoryBudget;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.Serializable;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a model computes in, and where.
 *
 * @param dtype {@code auto}, {@code float32}, {@code bfloat16} or {@code int8}: the weights'
 * @param cacheDtype {@code auto}, {@code float32} or {@code bfloat16}: the caches'
 * @param device {@code auto}, {@code cpu} or {@code gpu}
 * @param gpu which of the machine's GPUs, if it runs on one
 * @param weightMemory how much memory copies of the weights may take; 0 bytes leave fp32 weights where they are mapped
 * @param deterministic whether numbers are the same to the last bit however the tokens are cut and batched
 */
public record ComputeOptions(
        String dtype, String cacheDtype, String device, int gpu, MemoryBudget weightMemory, boolean deterministic)
        implements Serializable {
    private static final String AUTO = "auto";

    /** What the settings say where nothing is given. */
    public static final ComputeOptions DEFAULTS = from(SettingValues.of(Map.of()));

    /**
     * Checks the number types and the device by the settings of these names: what is not supported must not be ignored,
     * wherever the options come from.
     *
     * @throws UserException for one that is not supported
     */
    public ComputeOptions {
        one(SettingValues.of(Map.of(
                Settings.DTYPE.name(), dtype,
                Settings.CACHE_DTYPE.name(), cacheDtype,
                Settings.DEVICE.name(), device)));
        if (deterministic && device.equals("gpu")) {
            throw new UserException(Settings.DETERMINISTIC + ": is for processors; give " + Settings.DEVICE + " cpu");
        }
        device = deterministic ? "cpu" : device;
    }

    /** Options of numbers whose last bits may depend on what else is in a pass. */
    public ComputeOptions(String dtype, String cacheDtype, String device, int gpu, MemoryBudget weightMemory) {
        this(dtype, cacheDtype, device, gpu, weightMemory, false);
    }

    /** The same with numbers that do not depend on it. */
    public ComputeOptions determined() {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, weightMemory, true);
    }

    /**
     * The options that these settings say, on the first GPU if it runs on one.
     *
     * @throws UserException if they name more than one number type
     */
    public static ComputeOptions from(SettingValues values) {
        return new ComputeOptions(
                one(values),
                values.require(Settings.CACHE_DTYPE),
                values.require(Settings.DEVICE),
                0,
                values.require(Settings.WEIGHT_MEMORY),
                values.require(Settings.DETERMINISTIC));
    }

    private static String one(SettingValues values) {
        List<String> dtypes = values.require(Settings.DTYPE);
        if (dtypes.size() != 1) {
            throw new UserException(Settings.DTYPE + ": a model computes in one number type, not in "
                    + String.join(", ", dtypes) + "; only speed takes several");
        }
        return dtypes.get(0);
    }

    /** The same with weights of another number type. */
    public ComputeOptions withDtype(String dtype) {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, weightMemory, deterministic);
    }

    /** The same on another of the machine's GPUs, if it runs on one. */
    public ComputeOptions withGpu(int gpu) {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, weightMemory, deterministic);
    }

    /** The same on another kind of device. */
    public ComputeOptions withDevice(String device) {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, weightMemory, deterministic);
    }

    /** The same with caches of another number type. */
    public ComputeOptions withCacheDtype(String cacheDtype) {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, weightMemory, deterministic);
    }

    /** The same with at most so many bytes for copies of the weights. */
    public ComputeOptions withWeightBytes(long bytes) {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, new MemoryBudget(bytes, 0), deterministic);
    }

    /** What that means for a checkpoint there. */
    Numbers numbers(Checkpoint checkpoint, Hardware hardware) {
        NumberType weights = dtype.equals(AUTO) ? hardware.weights(stored(checkpoint)) : type(dtype);
        NumberType cache = cacheDtype.equals(AUTO) ? weights.cache() : type(cacheDtype);
        return new Numbers(weights, cache, weightMemory.bytes(), deterministic);
    }

    /** The number type of most of what is stored, with fp16 taken as fp32: no processor multiplies it well. */
    private static NumberType stored(Checkpoint checkpoint) {
        return checkpoint.tensors().values().stream()
                .max(Comparator.comparing(TensorHeader::bytes))
                .filter(largest -> largest.type() == StoredType.BF16)
                .map(largest -> NumberType.BFLOAT16)
                .orElse(NumberType.FLOAT32);
    }

    private static NumberType type(String name) {
        return NumberType.valueOf(name.toUpperCase(Locale.ROOT));
    }
}
