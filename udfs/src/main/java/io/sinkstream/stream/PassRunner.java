package io.sinkstream.stream;

import io.sinkstream.decoder.Chunk;
import io.sinkstream.decoder.ChunkResult;
import java.util.List;

/** Makes one pass: {@link io.sinkstream.decoder.Decoder#run}. */
@FunctionalInterface
interface PassRunner {
    /** Runs all chunks and advances their caches; results are in their order. */
    List<ChunkResult> run(List<Chunk> chunks);
}
