package io.sinkstream.cache;

/**
 * Where one chunk reads and writes its stream's cache. Slots count from the ring's start, rows from the chunk's.
 *
 * @param rows the chunk's tokens
 * @param heldSinks sinks already in the cache
 * @param sinkRows leading rows that are sinks themselves
 * @param readSlot slot of the oldest key that the first row sees
 * @param readStraight keys from there up to the ring's end
 * @param readWrapped keys that go on at slot 0
 * @param writeRow the first row that is kept in the ring
 * @param writeSlot its slot
 * @param writeStraight rows written from there up to the ring's end
 * @param writeWrapped rows that go on at slot 0
 * @param singleKeys keys that a single row attends to, itself included: sink copies, then ring slots from 0
 * @param place of the first row in a block of {@link #PLACES} positions, which begin at multiples of that
 */
public record ChunkPlan(
        int rows,
        int heldSinks,
        int sinkRows,
        int readSlot,
        int readStraight,
        int readWrapped,
        int writeRow,
        int writeSlot,
        int writeStraight,
        int writeWrapped,
        int singleKeys,
        int place) {

    /** Positions of a block of those whose numbers do not depend on where chunks are cut. */
    public static final int PLACES = 16;

    /** How many numbers {@link #writeTo} writes. */
    public static final int NUMBERS = 12;

    /** The same for a chunk of more rows, of which only the first are kept. */
    public ChunkPlan withRows(int more) {
        return new ChunkPlan(
                more,
                heldSinks,
                sinkRows,
                readSlot,
                readStraight,
                readWrapped,
                writeRow,
                writeSlot,
                writeStraight,
                writeWrapped,
                singleKeys,
                place);
    }

    /** Writes the components in their order, as the decoder's program reads them. */
    public void writeTo(long[] numbers, int at) {
        int[] mine = {
            rows,
            heldSinks,
            sinkRows,
            readSlot,
            readStraight,
            readWrapped,
            writeRow,
            writeSlot,
            writeStraight,
            writeWrapped,
            singleKeys,
            place
        };
        for (int i = 0; i < NUMBERS; i++) {
            numbers[at + i] = mine[i];
        }
    }
}
