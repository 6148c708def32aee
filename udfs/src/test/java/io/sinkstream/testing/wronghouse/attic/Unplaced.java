package io.sinkstream.testing.wronghouse.attic;

/** Lies in a package without a place among the arrows. */
final class Unplaced {
    private Unplaced() {}
}
