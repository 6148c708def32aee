package io.sinkstream.stream;

/** How tests of tiny models compute where the way does not matter. */
final class TinyCompute {
    /**
     * fp32 weights where they are mapped, without the measuring of other products: the measuring takes longer than most
     * tests, and mostly chooses these.
     */
    static final ComputeOptions UNMEASURED = ComputeOptions.DEFAULTS.withWeightBytes(0);

    private TinyCompute() {}
}
