package io.sinkstream.stream;

import io.sinkstream.cache.SinkWindow;
import java.util.Set;

/** Terms of jobs without an end-of-sequence token and without a text. */
final class PlainTerms {
    static final JobTerms NONE = new JobTerms(new SinkWindow(4, 12), Set.of(), null);

    private PlainTerms() {}
}
