package io.sinkstream.hub;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Downloads in a process of its own: arguments are the endpoint, the home and the name. */
final class HubDownload {
    private HubDownload() {}

    public static void main(String[] args) {
        Map<String, String> environment = Map.of("HF_ENDPOINT", args[0], "HOME", args[1]);
        new Hub(new HubEnvironment(environment), index -> List.of())
                .download(HubName.of(args[2]).orElseThrow());
    }

    static Process start(HubServer server, Path home, String name) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HubDownload.class.getName(),
                        server.endpoint(),
                        home.toString(),
                        name)
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("process.log").toFile())
                .start();
    }
}
