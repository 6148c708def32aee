package io.sinkstream.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.spark.sql.execution.streaming.state.StateStore$;

/** A command in a JVM that had no session before. Says whether state stores are open while it runs, and after. */
final class StoresAfterCommand {
    private static final long LOOK_MILLIS = 10;

    private StoresAfterCommand() {}

    public static void main(String[] args) {
        AtomicBoolean wereOpen = new AtomicBoolean();
        ScheduledThreadPoolExecutor looks = new ScheduledThreadPoolExecutor(1);
        var unused = looks.scheduleWithFixedDelay(
                () -> wereOpen.compareAndSet(false, StateStore$.MODULE$.isMaintenanceRunning()),
                0,
                LOOK_MILLIS,
                TimeUnit.MILLISECONDS);
        PrintWriter out = new PrintWriter(System.out, true, UTF_8);
        int exitCode = Sinkstream.run(out, new PrintWriter(System.err, true, UTF_8), args);
        looks.shutdownNow();
        out.println("exit code " + exitCode + ", stores were open: " + wereOpen + ", are open: "
                + StateStore$.MODULE$.isMaintenanceRunning());
    }
}
