package io.sinkstream.corpus;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/** A small Java program that dies in the way it is told, does some work, or waits for its end: what {@link LogCorpus} has the JVM log. */
final class NoisyJvm {
    private NoisyJvm() {}

    /** Runs: how it ends, a seed. */
    public static void main(String[] args) throws Exception {
        Random random = new Random(Long.parseLong(args[1]));
        switch (args[0]) {
            case "heap" -> heap(random);
            case "map" -> map(random);
            case "array" -> array(random);
            case "stack" -> System.out.println(depth(random.nextInt(9)));
            case "uncaught" -> uncaught(random);
            case "pool" -> pool(random);
            case "churn" -> churn(random);
            case "wait" -> await(random);
            case "sort" -> sort(random);
            case "text" -> text(random);
            case "threads" -> threads(random);
            case "idle" -> idle(random);
            default -> throw new IllegalArgumentException("no such end: " + args[0]);
        }
    }

    private static void heap(Random random) {
        List<byte[]> blocks = new ArrayList<>();
        while (true) {
            blocks.add(new byte[1 + random.nextInt(200_000)]);
            if (random.nextInt(4) == 0) {
                blocks.remove(random.nextInt(blocks.size()));
            }
            if (blocks.size() % 500 == 0) {
                System.out.println("holding " + blocks.size() + " blocks");
            }
        }
    }

    private static void map(Random random) {
        Map<String, String> index = new HashMap<>();
        while (true) {
            String key = Long.toString(random.nextLong(), Character.MAX_RADIX);
            index.put(key, key.repeat(1 + random.nextInt(30)));
            if (index.size() % 20_000 == 0) {
                System.out.println("indexed " + index.size() + " keys, last " + key);
            }
        }
    }

    private static void array(Random random) {
        System.out.println("allocating " + new long[Integer.MAX_VALUE - random.nextInt(9)].length);
    }

    private static int depth(int n) {
        return n < 0 ? 0 : depth(n + 1) + 1;
    }

    private static void uncaught(Random random) {
        int kind = random.nextInt(6);
        System.out.println("loading part " + kind + " of " + random.nextInt(100));
        Object value = kind % 2 == 0 ? "text" : Integer.valueOf(kind);
        try {
            switch (kind) {
                case 0 -> System.out.println((Integer) value);
                case 1 -> System.out.println(List.of(1, 2).get(random.nextInt(7) + 2));
                case 2 -> System.out.println(Integer.parseInt("x" + random.nextInt(1000)));
                case 3 -> System.out.println(17 / (kind - 3));
                case 4 ->
                    System.out.println(
                            Map.of("a", 1).get("b" + random.nextInt(50)).intValue());
                default -> System.out.println(new int[kind].clone()[kind]);
            }
        } catch (ClassCastException | ArithmeticException e) {
            throw new IllegalStateException("part " + kind + " can not be loaded", e);
        }
    }

    private static void pool(Random random) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<CompletableFuture<Integer>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            int n = i;
            all.add(CompletableFuture.supplyAsync(
                    () -> {
                        System.out.println(
                                "job " + n + " on " + Thread.currentThread().getName());
                        return 100 / (n % 7 - 3);
                    },
                    threads));
        }
        for (CompletableFuture<Integer> one : all) {
            try {
                System.out.println("result " + one.get());
            } catch (ExecutionException e) {
                System.out.println("one job failed");
                e.printStackTrace();
            }
        }
        threads.shutdown();
        Thread named = new Thread(() -> uncaught(random), "loader-" + random.nextInt(10));
        named.start();
        named.join();
    }

    /** Fills and forgets, for the collector. */
    private static void churn(Random random) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(4);
        Map<Integer, byte[]> kept = new HashMap<>();
        long bytes = 0;
        while (System.nanoTime() < end) {
            byte[] block = new byte[1 + random.nextInt(60_000)];
            kept.put(random.nextInt(400), block);
            bytes += block.length;
        }
        System.out.println("allocated " + bytes + " bytes, kept " + kept.size() + " blocks");
    }

    private static void sort(Random random) {
        int rounds = 3 + random.nextInt(20);
        for (int round = 1; round <= rounds; round++) {
            Integer[] numbers =
                    random.ints(50_000 + random.nextInt(100_000)).boxed().toArray(Integer[]::new);
            Arrays.sort(numbers);
            System.out.println("round " + round + " of " + rounds + ": sorted " + numbers.length + " numbers, median "
                    + numbers[numbers.length / 2]);
        }
    }

    private static void text(Random random) {
        Map<String, Integer> counts = new TreeMap<>();
        for (int i = 0; i < 200_000; i++) {
            counts.merge("w" + Long.toString(random.nextInt(5_000), Character.MAX_RADIX), 1, Integer::sum);
        }
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .limit(5 + random.nextInt(20))
                .forEach(word -> System.out.printf("%-6s %,8d%n", word.getKey(), word.getValue()));
        System.out.println(counts.size() + " words");
    }

    private static void threads(Random random) throws Exception {
        int jobs = 10 + random.nextInt(60);
        ExecutorService threads = Executors.newFixedThreadPool(1 + random.nextInt(6));
        List<Future<Long>> all = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            long n = 1000L * random.nextInt(1000);
            all.add(threads.submit(() -> LongStream.range(0, n).sum()));
        }
        for (int i = 0; i < jobs; i++) {
            System.out.println(
                    "job " + i + " of " + jobs + " gave " + all.get(i).get());
        }
        threads.shutdown();
    }

    /** With threads that wait for their end, and nothing else. */
    private static void idle(Random random) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        for (int i = random.nextInt(8); i >= 0; i--) {
            Thread thread = new Thread(() -> awaitAll(never), "worker-" + i);
            thread.setDaemon(true);
            thread.start();
        }
        System.out.println("waiting");
        never.await();
    }

    private static void awaitAll(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** With threads that wait in many ways, two of them for each other. */
    private static void await(Random random) throws Exception {
        Object one = new Object();
        Object other = new Object();
        CountDownLatch both = new CountDownLatch(2);
        Thread first = new Thread(() -> hold(one, other, both), "writer-" + random.nextInt(100));
        Thread second = new Thread(() -> hold(other, one, both), "reader-" + random.nextInt(100));
        for (Thread thread : List.of(first, second)) {
            thread.setDaemon(true);
            thread.start();
        }
        ExecutorService idle = Executors.newFixedThreadPool(1 + random.nextInt(5));
        List<CompletableFuture<Void>> jobs = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            jobs.add(CompletableFuture.runAsync(() -> meet(new CountDownLatch(2)), idle));
        }
        both.await();
        System.out.println("waiting");
        System.out.println("told to end: " + System.in.read() + ", with " + jobs.size() + " jobs left");
    }

    private static void hold(Object one, Object other, CountDownLatch both) {
        synchronized (one) {
            meet(both);
            synchronized (other) {
                System.out.println("no deadlock");
            }
        }
    }

    private static void meet(CountDownLatch latch) {
        latch.countDown();
        awaitAll(latch);
    }
}
