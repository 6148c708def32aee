package io.sinkstream.chat;

/** A value that has attributes and no items. */
interface Attributed {
    /** The attribute of this name, or an {@link Undefined} that says so. */
    Object attribute(String name);
}
