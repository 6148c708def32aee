package io.sinkstream.corpus;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.retry.RetryOneTime;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.server.ServerCnxnFactory;
import org.apache.zookeeper.server.ZooKeeperServer;

/** A ZooKeeper and clients that come and go, drawn from a seed: what {@link LogCorpus} has ZooKeeper log. */
final class NoisyZooKeeper {
    private static final List<String> NAMES =
            List.of("brokers", "leaders", "config", "locks", "members", "jobs", "queues", "schemas");

    private final Random random;
    private final String servers;

    private NoisyZooKeeper(Random random, String servers) {
        this.random = random;
        this.servers = servers;
    }

    /** Runs: a folder, a seed, how many things happen. */
    public static void main(String[] args) throws Exception {
        Random random = new Random(Long.parseLong(args[1]));
        Path folder = Files.createDirectories(Path.of(args[0]).resolve("zookeeper"));
        ZooKeeperServer server = new ZooKeeperServer(
                folder.resolve("snapshots").toFile(), folder.resolve("log").toFile(), 500 * (1 + random.nextInt(6)));
        ServerCnxnFactory connections = ServerCnxnFactory.createFactory(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10 + random.nextInt(90));
        connections.startup(server);
        NoisyZooKeeper noisy = new NoisyZooKeeper(random, "127.0.0.1:" + connections.getLocalPort());
        for (int left = Integer.parseInt(args[2]); left > 0; ) {
            left -= noisy.visit();
        }
        connections.shutdown();
    }

    /** A client's session; says how many things it did. */
    private int visit() throws Exception {
        int things = 1 + random.nextInt(6);
        List<LeaderLatch> latches = new ArrayList<>();
        try (CuratorFramework client = CuratorFrameworkFactory.newClient(
                servers, 4_000 * (1 + random.nextInt(9)), 5_000, new RetryOneTime(500))) {
            client.start();
            client.blockUntilConnected();
            for (int i = 0; i < things; i++) {
                String path = "/" + NAMES.get(random.nextInt(NAMES.size())) + "/n" + random.nextInt(50);
                switch (random.nextInt(5)) {
                    case 0 ->
                        client.create().orSetData().creatingParentsIfNeeded().forPath(path, new byte[20]);
                    case 1 ->
                        client.create()
                                .creatingParentsIfNeeded()
                                .withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
                                .forPath(path + "/e");
                    case 2 ->
                        client.delete().quietly().deletingChildrenIfNeeded().forPath(path);
                    case 3 -> {
                        InterProcessMutex lock = new InterProcessMutex(client, path + "/lock");
                        lock.acquire(5, TimeUnit.SECONDS);
                        lock.release();
                    }
                    default -> {
                        LeaderLatch latch = new LeaderLatch(client, path + "/leader", "client-" + i);
                        latch.start();
                        // What is closed while it asks for its place says that it failed.
                        latch.await(5, TimeUnit.SECONDS);
                        latches.add(latch);
                    }
                }
            }
            for (LeaderLatch latch : latches) {
                latch.close();
            }
        }
        return things;
    }
}
