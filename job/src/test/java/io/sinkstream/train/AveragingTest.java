package io.sinkstream.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AveragingTest {
    private static final int REPLICAS = 3;

    /** More than one piece, and no whole number of them. */
    private static final int NUMBERS = 150_001;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CyclicBarrier barrier = new CyclicBarrier(REPLICAS);
    private final String[] told = new String[REPLICAS];
    private volatile Runnable look = () -> {};

    @AfterEach
    void close() {
        threads.shutdownNow();
    }

    private Averaging join(int rank) throws IOException {
        String host = InetAddress.getLoopbackAddress().getHostAddress();
        return Averaging.join(
                rank,
                REPLICAS,
                host,
                own -> {
                    told[rank] = own[0];
                    try {
                        barrier.await();
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                    return told.clone();
                },
                look);
    }

    private <T> List<Future<T>> onAll(Replica<T> replica) {
        List<Future<T>> all = new ArrayList<>();
        for (int rank = 0; rank < REPLICAS; rank++) {
            int own = rank;
            Callable<T> run = () -> {
                try (Averaging others = join(own)) {
                    return replica.run(own, others);
                }
            };
            all.add(threads.submit(run));
        }
        return all;
    }

    private interface Replica<T> {
        T run(int rank, Averaging others) throws Exception;
    }

    private static float[] numbers(int rank) {
        Random random = new Random(rank);
        float[] numbers = new float[NUMBERS];
        for (int i = 0; i < NUMBERS; i++) {
            numbers[i] = random.nextFloat();
        }
        return numbers;
    }

    @Test
    void allHaveTheMeanAndTheSameBits() throws Exception {
        List<Future<float[]>> all = onAll((rank, others) -> {
            float[] numbers = numbers(rank);
            others.average(List.of(new float[] {rank}, numbers));
            others.average(List.of(numbers));
            return numbers;
        });

        float[] expected = new float[NUMBERS];
        float[][] given = {numbers(0), numbers(1), numbers(2)};
        for (int i = 0; i < NUMBERS; i++) {
            expected[i] = (given[0][i] + given[1][i] + given[2][i]) / REPLICAS;
            // The mean of equal numbers is that number, up to the last bit.
            expected[i] = (expected[i] + expected[i] + expected[i]) / REPLICAS;
        }
        assertThat(all.get(0).get()).isEqualTo(expected);
        assertThat(all.get(1).get()).isEqualTo(expected);
        assertThat(all.get(2).get()).isEqualTo(expected);
    }

    @Test
    void whoGoesAwayIsMissed() {
        List<Future<Void>> all = onAll((rank, others) -> {
            if (rank == 1) {
                return null;
            }
            others.average(List.of(numbers(rank)));
            return null;
        });

        for (int rank : new int[] {0, 2}) {
            assertThatThrownBy(() -> all.get(rank).get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
        }
    }

    /** As where its machine has lost its power: its sockets are never closed. Only Spark knows, and marks the tasks. */
    @Test
    void whoIsSilentIsNotWaitedForWithoutEnd() throws Exception {
        CountDownLatch isOver = new CountDownLatch(1);
        AtomicInteger looks = new AtomicInteger();
        look = () -> {
            if (looks.incrementAndGet() > 2) {
                throw new IllegalStateException("Spark ends this task");
            }
        };
        List<Future<Void>> all = onAll((rank, others) -> {
            if (rank == 1) {
                isOver.await();
                return null;
            }
            others.average(List.of(numbers(rank)));
            return null;
        });

        List<String> why = new ArrayList<>();
        for (int rank : new int[] {0, 2}) {
            Throwable ended = catchThrowable(() -> all.get(rank).get(2, TimeUnit.MINUTES));
            why.add(Throwables.getRootCause(ended).getMessage());
        }
        // Who is told first goes away, and that may be what the other sees before it is told.
        assertThat(why)
                .contains("Spark ends this task")
                .isSubsetOf("Spark ends this task", "another replica has gone away");
        isOver.countDown();
        all.get(1).get();
    }

    @Test
    void whoNeverComesIsNotWaitedForWithoutEnd() {
        look = () -> {
            throw new IllegalStateException("Spark ends this task");
        };
        Future<Averaging> alone =
                threads.submit(() -> Averaging.join(0, 2, "127.0.0.1", own -> new String[] {own[0], ""}, look));

        assertThatThrownBy(() -> alone.get(2, TimeUnit.MINUTES)).hasRootCauseMessage("Spark ends this task");
    }

    @Test
    void aStrangerIsNotLetIn() throws Exception {
        List<Future<float[]>> all = new ArrayList<>();
        for (int rank : new int[] {0, 1}) {
            all.add(threads.submit(() -> {
                try (Averaging others = join(rank)) {
                    float[] number = {rank};
                    others.average(List.of(number));
                    return number;
                }
            }));
        }
        Future<float[]> last = threads.submit(() -> {
            barrier.await();
            String[] address = told[0].split(" ", 3);
            try (Socket stranger = new Socket(address[0], Integer.parseInt(address[1]))) {
                stranger.getOutputStream().write(new byte[20]);
                // Shown the door, which is the end of the stream.
                assertThat(stranger.getInputStream().read()).isNegative();
            }
            String[] known = told.clone();
            try (Averaging others = Averaging.join(2, REPLICAS, address[0], own -> known, look)) {
                float[] number = {2};
                others.average(List.of(number));
                return number;
            }
        });

        assertThat(last.get()).containsExactly(1);
        assertThat(all.get(0).get()).containsExactly(1);
    }
}
