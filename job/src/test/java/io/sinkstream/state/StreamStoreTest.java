package io.sinkstream.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sinkstream.settings.UserException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.apache.spark.sql.streaming.MapState;
import org.junit.jupiter.api.Test;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;

/** A stream's history in head and blocks is the last tokens of the stream, however they came and whatever is kept. */
class StreamStoreTest {
    private static final long OWNER = 17;

    private final Map<Object, byte[]> heads = new HashMap<>();
    private final Map<Object, byte[]> blocks = new HashMap<>();

    private StreamStore store(long keep, long owner) {
        return new StreamStore(
                new InMemory<>(heads, key -> key), new InMemory<>(blocks, ByteBuffer::wrap), owner, keep);
    }

    @Property(tries = 300)
    void theHistoryIsTheStreamsLastTokens(
            @ForAll @Size(min = 1, max = 12) List<@IntRange(min = 0, max = 700) Integer> pieces,
            @ForAll @IntRange(min = 0, max = 900) int keep,
            @ForAll long seed) {
        heads.clear();
        blocks.clear();
        StreamStore store = store(keep, OWNER);
        Random random = new Random(seed);
        List<Integer> all = new ArrayList<>();
        for (int size : pieces) {
            int[] tokens = random.ints(size, 0, 200_000).toArray();
            Arrays.stream(tokens).forEach(all::add);
            int[] sinks = all.stream().limit(4).mapToInt(x -> x).toArray();
            store.write("k", store.append("k", store.read("k"), tokens, sinks, all.size()));
        }
        StreamHead head = store.read("k");
        assertThat(head.position()).isEqualTo(all.size());
        assertThat(store.history("k", head)).containsExactly(last(all, keep + 1));
        assertThat(head.tail()).endsWith(last(all, StreamHead.CONTEXT));
        // Not one block more than the history needs.
        assertThat(blocks.size()).isLessThanOrEqualTo((keep + 1) / StreamHead.BLOCK + 1);

        byte[] saved = SavedStream.toBytes(head, store.history("k", head), OWNER);
        StreamStore other = store(keep, OWNER);
        StreamHead restored = other.restore("other", StreamHead.ofAnyOwner(saved));
        assertThat(restored.position()).isEqualTo(head.position());
        assertThat(other.history("other", restored)).containsExactly(last(all, keep + 1));
        int[] more = {1, 2, 3};
        StreamHead longer = other.append("other", restored, more, restored.sinks(), 0);
        Arrays.stream(more).forEach(all::add);
        assertThat(other.history("other", longer)).containsExactly(last(all, keep + 1));

        store.remove("k", head);
        other.remove("other", longer);
        assertThat(heads).isEmpty();
        assertThat(blocks).isEmpty();
    }

    private static int[] last(List<Integer> all, int count) {
        return all.subList(Math.max(0, all.size() - count), all.size()).stream()
                .mapToInt(x -> x)
                .toArray();
    }

    @Test
    void whatAHeadHoldsComesBack() {
        StreamHead head = new StreamHead(
                5_000_000_000L, -3, 7, 1.5, 99, new byte[] {1, -1}, new int[] {0, 300_000}, 12, new int[] {5, 127, 128
                });

        StreamHead back = StreamHead.fromBytes(head.toBytes(OWNER), OWNER);

        assertThat(back).usingRecursiveComparison().isEqualTo(head);
    }

    @Test
    void aStateOfAnotherModelIsRefused() {
        store(10, OWNER).write("k", StreamHead.empty());

        assertThatThrownBy(() -> store(10, OWNER + 1).read("k"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("state of stream k")
                .hasMessageContaining("another model");
    }

    @Test
    void aStateOfAnotherFormatIsRefused() {
        byte[] bytes = StreamHead.empty().toBytes(OWNER);
        bytes[0] = 9;
        heads.put("k", bytes);

        assertThatThrownBy(() -> store(10, OWNER).read("k"))
                .isInstanceOf(UserException.class)
                .hasMessageContaining("format 9");
    }

    @Property
    void bytesThatAreNoStateAreToldAsSuchAndCanBeRemoved(@ForAll byte[] bytes) {
        heads.clear();
        byte[] begin = StreamHead.empty().toBytes(OWNER);
        byte[] broken = Arrays.copyOf(begin, 9 + bytes.length);
        System.arraycopy(bytes, 0, broken, 9, bytes.length);
        heads.put("k", broken);
        StreamStore store = store(10, OWNER);

        try {
            int[] history = store.history("k", store.read("k"));
            assertThat(history.length).isLessThanOrEqualTo(11);
        } catch (UncheckedIOException e) {
            // The one way in which it may fail.
            assertThat(e).isNotNull();
        }
        store.remove("k");
        assertThat(heads).isEmpty();
    }

    @Test
    void aBlockThatIsGoneIsTold() {
        StreamStore store = store(1_000, OWNER);
        store.write("k", store.append("k", StreamHead.empty(), new int[700], new int[4], 1));
        blocks.remove(ByteBuffer.wrap(StreamStore.name("k", 2)));

        assertThatThrownBy(() -> store.history("k", store.read("k")))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("of block 2 there are 0 tokens, not 128");
    }

    /** Before there is a watermark it is 0, and a stream that was begun with a saved state has no row of its own yet. */
    @Test
    void aStreamOfUnknownTimeIsIdleOnlyFromTheFirstLookOn() {
        StreamStore store = store(10, OWNER);
        store.write("restored", StreamHead.empty().seen(0));
        store.write("old", StreamHead.empty().seen(1_000));
        store.write("new", StreamHead.empty().seen(9_000));

        assertThat(store.forget(10_000, seen -> seen <= 10_000 - 5_000)).containsExactly("old");
        assertThat(heads).containsOnlyKeys("restored", "new");
        assertThat(store.forget(14_999, seen -> seen <= 14_999 - 5_000)).containsExactly("new");
        assertThat(store.forget(15_000, seen -> seen <= 15_000 - 5_000)).containsExactly("restored");
    }

    /** Spark's map state, without Spark. */
    private static final class InMemory<K> implements MapState<K, byte[]> {
        private static final long serialVersionUID = 1;

        private final transient Map<Object, byte[]> values;
        private final transient Function<K, Object> name;

        InMemory(Map<Object, byte[]> values, Function<K, Object> name) {
            this.values = values;
            this.name = name;
        }

        @Override
        public boolean exists() {
            return !values.isEmpty();
        }

        @Override
        public byte[] getValue(K key) {
            return values.get(name.apply(key));
        }

        @Override
        public boolean containsKey(K key) {
            return values.containsKey(name.apply(key));
        }

        @Override
        public void updateValue(K key, byte[] value) {
            values.put(name.apply(key), value);
        }

        @Override
        @SuppressWarnings("unchecked") // Of heads, whose keys are kept as they are.
        public Iterator<Tuple2<K, byte[]>> iterator() {
            return CollectionConverters.asScala(values.entrySet().stream()
                    .map(entry -> new Tuple2<>((K) entry.getKey(), entry.getValue()))
                    .iterator());
        }

        @Override
        public Iterator<K> keys() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Iterator<byte[]> values() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void removeKey(K key) {
            values.remove(name.apply(key));
        }

        @Override
        public void clear() {
            values.clear();
        }
    }
}
