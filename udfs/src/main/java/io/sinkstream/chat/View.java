package io.sinkstream.chat;

import java.util.List;

/**
 * The keys, values or items of a dict. Can be gone through, and not indexed.
 *
 * @param kind Python's name of it
 */
record View(String kind, List<Object> items) {}
