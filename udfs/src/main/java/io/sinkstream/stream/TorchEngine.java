package io.sinkstream.stream;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import com.sun.jna.Function;
import com.sun.jna.Platform;
import io.sinkstream.checkpoint.DjlCache;
import io.sinkstream.checkpoint.Natives;
import io.sinkstream.decoder.Hardware;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** DJL's PyTorch engine, started once a JVM. */
public final class TorchEngine {
    private static final Logger LOG = LoggerFactory.getLogger(TorchEngine.class);

    /** Whoever says how many threads a pass takes has the last word: the environment, or DJL's own property. */
    private static final boolean IS_SAID = System.getenv("OMP_NUM_THREADS") != null
            || System.getenv("MKL_NUM_THREADS") != null
            || System.getProperty("ai.djl.pytorch.num_threads") != null;

    private static volatile int mostThreads = Integer.MAX_VALUE;

    /** 0 leaves it to the others. */
    private static volatile int takenThreads;

    /** What libtorch takes by itself; 0 before it is started. */
    private static int itsThreads;

    private TorchEngine() {}

    /**
     * Has passes of models that are loaded from now on take at most so many threads, where neither the environment
     * ({@code OMP_NUM_THREADS}) nor DJL's property says how many. By itself libtorch takes all cores of the machine, whatever this
     * process was given.
     */
    public static void limitThreads(int most) {
        if (most < 1) {
            throw new IllegalArgumentException("threads: " + most + "; expected at least 1");
        }
        mostThreads = most;
    }

    /** Has them take so many, whatever the environment says: there Spark says one to executors of any size. */
    public static void takeThreads(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("threads: " + count + "; expected at least 1");
        }
        takenThreads = count;
    }

    /** Of the calling thread: OpenMP keeps the number for each. */
    private static void setThreads() {
        if (IS_SAID && takenThreads == 0) {
            return;
        }
        int before = JniUtils.getNumThreads();
        boolean isFirst = itsThreads == 0;
        itsThreads = isFirst ? before : itsThreads;
        int threads = takenThreads > 0 ? takenThreads : Math.min(mostThreads, itsThreads);
        if (before != threads) {
            JniUtils.setNumThreads(threads);
        }
        if (isFirst || before != threads) {
            LOG.info("a pass takes {} threads, of {} that libtorch would take", threads, itsThreads);
        }
    }

    /**
     * A manager for one model, on the device that the options say; the caller closes it.
     *
     * <p>The engine's first use unpacks libtorch into a cache that all JVMs of the user share and that DJL does not lock:
     * two executors that start at once can delete each other's files. So that use holds a lock beside the cache.
     *
     * @throws io.sinkstream.settings.UserException if they ask for a GPU that is not there, or libtorch can't be loaded
     */
    public static NDManager newManager(ComputeOptions compute) {
        Engine engine = start();
        return engine.newBaseManager(
                Hardware.choose(engine, compute.device(), compute.gpu()).device());
    }

    /**
     * Sets what libtorch reads of the environment when it is loaded, where nothing is set. The engine's first use here does it; where
     * a program has DJL start the engine, it has to come before.
     */
    public static void tune() {
        spinBriefly();
        useLargePages();
        keepFewPrimitives();
    }

    private static synchronized Engine start() {
        Path folder = DjlCache.ready("pytorch");
        try (FileChannel channel = FileChannel.open(
                folder.resolve("sinkstream.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            // Closing the channel releases the lock.
            channel.lock();
            tune();
            Engine engine = Engine.getEngine("PyTorch");
            setThreads();
            return engine;
        } catch (IOException e) {
            throw DjlCache.unusable(folder, e.toString(), e);
        } catch (EngineException | LinkageError | AssertionError e) {
            throw Natives.here().refusal(Natives.Library.LIBTORCH, e);
        }
    }

    /**
     * Has OpenMP's threads spin for a short while and then sleep while they wait for each other, unless the environment says
     * otherwise. The default, to spin for long, pays while every thread has a core to itself; Spark's tasks take some of them,
     * and then each waits for one that has none. udfs/RATIONALE.md has what was measured. OpenMP reads the variable when it is
     * loaded, so it has to stand in the process's own environment by then.
     */
    private static void spinBriefly() {
        if (System.getenv("OMP_WAIT_POLICY") == null) {
            setIfUnset("GOMP_SPINCOUNT", "3000");
        }
    }

    /**
     * Has libtorch ask for pages of 2 MB for whatever is as large, such as weights and caches, where the system leaves it to
     * programs to ask. Single tokens are bound by reading those, and a processor waits for the place of every page.
     */
    private static void useLargePages() {
        setIfUnset("THP_MEM_ALLOC_ENABLE", "1");
    }

    /**
     * Has oneDNN keep fewer of the kernels that it compiles, one for each shape of a product. Passes have any number of rows, and
     * with many streams they fill whatever it keeps, while the allocator's pieces between them go on growing.
     */
    private static void keepFewPrimitives() {
        setIfUnset("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "256");
    }

    /** In the process's own environment, which native libraries read when they are loaded; Java's copy knows nothing of it. */
    private static void setIfUnset(String name, String value) {
        if (Platform.isLinux()) {
            Function.getFunction(Platform.C_LIBRARY_NAME, "setenv").invokeInt(new Object[] {name, value, 0});
        }
    }
}
