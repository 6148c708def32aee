package io.sinkstream.cache;

/**
 * The last hidden states of the tokens that a stream's next one sees, sinks and window, each of length 1. In the JVM's memory: (S +
 * R) x hidden size numbers of 4 bytes.
 */
public final class HiddenStates {
    private final int window;
    private final float[][] sinks;
    private final float[][] ring;
    private long end;
    private long bytes;

    HiddenStates(SinkWindow rule) {
        this.window = rule.window();
        this.sinks = new float[rule.sinks()][];
        this.ring = new float[window][];
    }

    /** Behind which position there are none. */
    public long end() {
        return end;
    }

    /** What they take of the JVM's memory. */
    long bytes() {
        return bytes;
    }

    /**
     * Takes the state of a token, in the place of an older one.
     *
     * @param position the token's; the one behind the last, or one that is there
     * @param states several tokens' states
     * @param from where its own begins
     * @param size how many numbers it has
     */
    public void put(long position, float[] states, int from, int size) {
        float[] state = new float[size];
        double length = Math.sqrt(product(states, from, states, from, size));
        for (int i = 0; i < size; i++) {
            state[i] = (float) (states[from + i] / length);
        }
        bytes += ring[(int) (position % window)] == null ? (long) size * Float.BYTES : 0;
        if (position < sinks.length) {
            sinks[(int) position] = state;
        }
        ring[(int) (position % window)] = state;
        end = position + 1;
    }

    /**
     * How near a token would be to the nearest of those that it sees, itself not among them: the cosine of the angle between their
     * states.
     *
     * @param position the token's, at least 1
     * @param states its state stands in
     * @param from where it begins
     * @param size how many numbers it has
     */
    public double nearest(long position, float[] states, int from, int size) {
        double length = Math.sqrt(product(states, from, states, from, size));
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < Math.min(sinks.length, position); i++) {
            most = Math.max(most, product(sinks[i], 0, states, from, size) / length);
        }
        for (long i = Math.max(0, position - window); i < position; i++) {
            most = Math.max(most, product(ring[(int) (i % window)], 0, states, from, size) / length);
        }
        return most;
    }

    private static double product(float[] one, int at, float[] other, int from, int size) {
        // Four sums, which a processor adds at a time.
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i + 3 < size; i += 4) {
            a += one[at + i] * other[from + i];
            b += one[at + i + 1] * other[from + i + 1];
            c += one[at + i + 2] * other[from + i + 2];
            d += one[at + i + 3] * other[from + i + 3];
        }
        for (; i < size; i++) {
            a += one[at + i] * other[from + i];
        }
        return a + b + c + d;
    }
}
