package io.sinkstream.family;

import java.util.Map;

/** The names of {@link io.sinkstream.decoder.DecoderSpec}'s roles, taken apart. */
final class Roles {
    private static final String LAYERS = "layers.";
    private static final String BIAS = ".bias";

    private Roles() {}

    /** Whether it is one of a layer's. */
    static boolean ofLayer(String role) {
        return role.startsWith(LAYERS);
    }

    /** The layer's number, as text. */
    static String layer(String role) {
        return role.substring(LAYERS.length(), role.indexOf('.', LAYERS.length()));
    }

    /** The part within its layer, with {@code .bias} if it is one. */
    static String part(String role) {
        return ofLayer(role) ? role.substring(role.indexOf('.', LAYERS.length()) + 1) : role;
    }

    /** The part without {@code .bias}. */
    static String product(String role) {
        String part = part(role);
        return isBias(role) ? part.substring(0, part.length() - BIAS.length()) : part;
    }

    static boolean isBias(String role) {
        return role.endsWith(BIAS);
    }

    /**
     * The checkpoint's name: that of the part, as {@code names} has it, behind {@code prefix} and the number for a layer's, and
     * {@code .weight} or {@code .bias}.
     */
    static String tensor(String role, String prefix, Map<String, String> names) {
        String name = names.get(product(role)) + (isBias(role) ? BIAS : ".weight");
        return ofLayer(role) ? prefix + layer(role) + "." + name : name;
    }
}
