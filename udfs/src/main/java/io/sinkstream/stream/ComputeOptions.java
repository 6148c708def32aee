package io.sinkstream.stream;

import io.sinkstream.checkpoint.Checkpoint;
import io.sinkstream.checkpoint.StoredType;
import io.sinkstream.checkpoint.TensorHeader;
import io.sinkstream.decoder.Hardware;
import io.sinkstream.decoder.Numbers;
import io.sinkstream.settings.NumberType;
import io.sinkstream.settings.SettingValues;
import io.sinkstream.settings.Settings;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;

/**
 * What a model computes in, and where.
 *
 * @param dtype {@code auto}, {@code float32}, {@code bfloat16} or {@code int8}: the weights'
 * @param cacheDtype {@code auto}, {@code float32} or {@code bfloat16}: the caches'
 * @param device {@code auto}, {@code cpu} or {@code gpu}
 * @param gpu which of the machine's GPUs, if it runs on one
 * @param weightBytes how much memory copies of the weights may take, in bytes; 0 leaves fp32 weights where they are mapped
 */
public record ComputeOptions(String dtype, String cacheDtype, String device, int gpu, long weightBytes) {
    private static final String AUTO = "auto";

    /** The number type that suits checkpoint and device, on whatever device there is. */
    public static final ComputeOptions DEFAULTS = new ComputeOptions(AUTO, AUTO, AUTO, 0, 8L << 30);

    /**
     * Checks the number types and the device by the settings of these names: what is not supported must not be ignored,
     * wherever the options come from.
     *
     * @throws io.sinkstream.settings.UserException for one that is not supported
     */
    public ComputeOptions {
        SettingValues.of(Map.of(
                Settings.DTYPE.name(), dtype,
                Settings.CACHE_DTYPE.name(), cacheDtype,
                Settings.DEVICE.name(), device));
    }

    /** On the first GPU, if it runs on one. */
    public ComputeOptions(String dtype, String cacheDtype, String device, long weightBytes) {
        this(dtype, cacheDtype, device, 0, weightBytes);
    }

    /** The same with weights of another number type. */
    public ComputeOptions withDtype(String dtype) {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, weightBytes);
    }

    /** The same on another of the machine's GPUs, if it runs on one. */
    public ComputeOptions withGpu(int gpu) {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, weightBytes);
    }

    /** The same on another kind of device. */
    public ComputeOptions withDevice(String device) {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, weightBytes);
    }

    /** The same with caches of another number type. */
    public ComputeOptions withCacheDtype(String cacheDtype) {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, weightBytes);
    }

    /** The same with another budget for copies of the weights. */
    public ComputeOptions withWeightBytes(long weightBytes) {
        return new ComputeOptions(dtype, cacheDtype, device, gpu, weightBytes);
    }

    /** What that means for a checkpoint there. */
    Numbers numbers(Checkpoint checkpoint, Hardware hardware) {
        NumberType weights = dtype.equals(AUTO) ? hardware.weights(stored(checkpoint)) : type(dtype);
        NumberType cache = cacheDtype.equals(AUTO) ? weights.cache() : type(cacheDtype);
        return new Numbers(weights, cache, weightBytes);
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
