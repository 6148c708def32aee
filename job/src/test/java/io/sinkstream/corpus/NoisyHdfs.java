package io.sinkstream.corpus;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;

/** A name node, data nodes and files that are written, read and moved, drawn from a seed: what {@link LogCorpus} has HDFS log. */
final class NoisyHdfs {
    private static final List<String> NAMES =
            List.of("warehouse", "landing", "archive", "models", "exports", "logs", "staging", "users");

    private final DistributedFileSystem files;
    private final Random random;
    private final List<Path> written = new ArrayList<>();

    private NoisyHdfs(DistributedFileSystem files, Random random) {
        this.files = files;
        this.random = random;
    }

    /** Runs: a folder, a seed, how many things happen. */
    public static void main(String[] args) throws Exception {
        Random random = new Random(Long.parseLong(args[1]));
        Configuration configuration = new Configuration();
        configuration.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, args[0] + "/hdfs");
        configuration.setLong("dfs.blocksize", 1 << 20);
        MiniDFSCluster cluster = new MiniDFSCluster.Builder(configuration)
                .numDataNodes(1 + random.nextInt(3))
                .format(true)
                .build();
        NoisyHdfs noisy = new NoisyHdfs(cluster.getFileSystem(), random);
        noisy.write();
        for (int i = Integer.parseInt(args[2]); i > 0; i--) {
            noisy.happen(random.nextInt(11));
        }
        cluster.shutdown();
    }

    private Path path() {
        String folder = NAMES.get(random.nextInt(NAMES.size()));
        return new Path("/" + folder + "/day=" + random.nextInt(31), "part-%05d".formatted(random.nextInt(100_000)));
    }

    private Path some() {
        return written.get(random.nextInt(written.size()));
    }

    private void write() throws IOException {
        Path path = path();
        try (FSDataOutputStream file = files.create(path, true)) {
            file.write(new byte[1 + random.nextInt(2_500_000)]);
        }
        if (!written.contains(path)) {
            written.add(path);
        }
    }

    private void happen(int what) throws IOException {
        switch (what) {
            case 0, 1, 2, 3 -> write();
            case 4 -> files.open(some()).close();
            case 5 -> files.mkdirs(path().getParent());
            case 6 -> {
                Path from = some();
                Path to = path();
                files.mkdirs(to.getParent());
                if (!files.exists(to) && files.rename(from, to)) {
                    written.remove(from);
                    written.add(to);
                }
            }
            case 7 -> {
                if (written.size() > 1) {
                    files.delete(written.remove(random.nextInt(written.size())), true);
                }
            }
            case 8 -> files.setReplication(some(), (short) 1);
            case 9 -> files.listStatus(some().getParent());
            default -> files.getContentSummary(new Path("/"));
        }
    }
}
