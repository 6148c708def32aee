package io.sinkstream.checkpoint;

import java.util.Optional;

/** {@code config.json}, read by field. Every error names the file, the field and the value found. */
public final class ModelConfig {
    private ModelConfig() {}

    /** {@code model_type}. */
    public String modelType() {
        throw new UnsupportedOperationException();
    }

    /** A whole number that must be there, at least {@code least}. */
    public int requireInt(String field, int least) {
        throw new UnsupportedOperationException();
    }

    /** A whole number or the default where the field is absent or null. */
    public int optInt(String field, int fallback) {
        throw new UnsupportedOperationException();
    }

    /** A finite number, or empty where the field is absent or null. */
    public Optional<Double> optDouble(String field) {
        throw new UnsupportedOperationException();
    }

    /** true or false, or the default where the field is absent or null. */
    public boolean optBoolean(String field, boolean fallback) {
        throw new UnsupportedOperationException();
    }

    /** A string, or empty where the field is absent or null. */
    public Optional<String> optString(String field) {
        throw new UnsupportedOperationException();
    }

    /** A nested object (its errors name {@code field.inner}), or empty where the field is absent or null. */
    public Optional<ModelConfig> optObject(String field) {
        throw new UnsupportedOperationException();
    }

    /** Whether the field is there and not null. */
    public boolean has(String field) {
        throw new UnsupportedOperationException();
    }

    /** The error for a field whose value is not supported: names the file, field, value found and {@code allowed}. */
    public RuntimeException unsupported(String field, String allowed) {
        throw new UnsupportedOperationException();
    }
}
