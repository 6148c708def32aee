package io.sinkstream.corpus;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes out of the logs of one run what identifies the machine that wrote them, and its day: every place of a fact gets the
 * same neutral value. {@link #left} says what a text still has.
 */
final class LogScrubber {
    private static final String PROJECT = "/home/spark/sinkstream";
    private static final String HOME = "/home/spark";
    private static final String USER = "spark";
    private static final String KERNEL = "6.1.0-37-amd64";
    private static final String REGISTRY = "repo.maven.apache.org";

    /** Folders that data lies in, on one machine or another. */
    private static final List<String> DATA =
            List.of("/data/jobs", "/srv/streams", "/mnt/data/spark", "/var/lib/pipeline", "/opt/jobs", "/data/1/tmp");

    /** All addresses of the loopback network are this machine's: each program of a cluster has one of its own. */
    private static final Pattern LOOPBACK = Pattern.compile(
            "(?<after>(?<=\\w)/)?(?<bare>(?<![\\w./:])/)?(?<![\\w.])127\\.0\\.0\\.(?<last>\\d{1,3})(?![\\w.]*\\w)");

    private static final Pattern REPOSITORY =
            Pattern.compile("(\\(|: )(https?)://([^/()\\s:]+)(:\\d+)?([^()\\s]*)(, default|\\))");
    private static final Pattern COLOUR = Pattern.compile("\u001b\\[[\\d;]*m");
    private static final Pattern USERS =
            Pattern.compile("(?i)\\b(user|user\\.name|owner|acls to|ugi|sparkUser)(\\s*[=:]\\s*\"?)%s\\b");

    /**
     * What this machine is known by.
     *
     * @param host its name
     * @param addresses of its interfaces but the loopback
     * @param user who runs the programs
     * @param home that user's folder
     * @param project the checkout
     * @param kernel the operating system's version
     */
    record Machine(String host, List<String> addresses, String user, String home, Path project, String kernel) {
        static Machine ofThis(Path project) {
            try {
                List<String> addresses = new ArrayList<>();
                for (NetworkInterface network :
                        NetworkInterface.networkInterfaces().toList()) {
                    if (!network.isLoopback()) {
                        network.inetAddresses()
                                .map(address -> address.getHostAddress().replaceFirst("%.*", ""))
                                .forEach(addresses::add);
                    }
                }
                return new Machine(
                        InetAddress.getLocalHost().getHostName(),
                        addresses,
                        System.getProperty("user.name"),
                        System.getProperty("user.home"),
                        project,
                        System.getProperty("os.version"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private final Map<String, String> texts = new LinkedHashMap<>();
    private final Pattern home;
    private final Pattern host;
    private final Pattern user;
    private final Map<String, String> names = new LinkedHashMap<>();
    private final boolean isNamed;
    private final int subnet;

    /**
     * For the logs of one run.
     *
     * @param folders of the run, where its data and its copy of the project lie, and what they are called; longer first
     */
    LogScrubber(Machine machine, Map<Path, String> folders, Random random) {
        this.isNamed = random.nextInt(3) == 0;
        this.subnet = random.nextInt(250);
        String data = DATA.get(random.nextInt(DATA.size()));
        folders.forEach((folder, name) -> texts.put(folder.toString(), name.isEmpty() ? data : name));
        texts.put(machine.project().toString(), PROJECT);
        texts.put(machine.kernel(), KERNEL);
        machine.addresses().forEach(address -> texts.put(address, "10." + subnet + ".0.2"));
        putDays(random.nextInt(1200) - 900);
        this.home = Pattern.compile("(?<![\\w.-])" + Pattern.quote(machine.home()) + "(?![\\w.-])");
        this.host = word(machine.host());
        this.user = Pattern.compile(USERS.pattern().formatted(Pattern.quote(machine.user())));
        String domain = List.of("example.net", "example.org", "cluster.example.com", "dc1.example.net")
                .get(random.nextInt(4));
        names.put("1", "kafka-1." + domain);
        names.put("2", "gateway." + domain);
        names.put("5", "master." + domain);
        for (int worker = 11; worker < 40; worker++) {
            names.put("" + worker, "worker-" + (worker - 10) + "." + domain);
        }
    }

    /** The project's folder in the logs. */
    static String project() {
        return PROJECT;
    }

    /** Logs of one hour would all be of one day; each run gets a day of its own, the same in all its logs. */
    private void putDays(int later) {
        LocalDate today = LocalDate.now(ZoneOffset.UTC);
        for (int day = -1; day <= 1; day++) {
            for (String format : List.of("yy/MM/dd", "yyyy-MM-dd", "yyyyMMdd", "EEE MMM dd", "dd MMM yyyy")) {
                DateTimeFormatter formatter = DateTimeFormatter.ofPattern(format, Locale.ROOT);
                texts.put(
                        today.plusDays(day).format(formatter),
                        today.plusDays(day + later).format(formatter));
            }
        }
    }

    private static Pattern word(String word) {
        return Pattern.compile("(?<![\\w.$-])" + Pattern.quote(word) + "(?![\\w.$-])");
    }

    /** A line without what identifies the machine. */
    String scrub(String line) {
        String scrubbed = replaced(COLOUR.matcher(line).replaceAll(""));
        scrubbed = home.matcher(scrubbed).replaceAll(HOME);
        scrubbed = host.matcher(scrubbed).replaceAll(isNamed ? names.get("2") : "ip-10-" + subnet + "-0-2");
        scrubbed = user.matcher(scrubbed).replaceAll("$1$2" + USER);
        scrubbed = LOOPBACK.matcher(scrubbed)
                .replaceAll(found -> Matcher.quoteReplacement(host(found.group(1), found.group(2), found.group(3))));
        return REPOSITORY
                .matcher(scrubbed)
                .replaceAll(found -> Matcher.quoteReplacement(
                        isPublic(found)
                                ? found.group()
                                : found.group(1) + found.group(2) + "://" + REGISTRY + found.group(5)
                                        + found.group(6)));
    }

    /** In one pass, so that a day that was put in is not moved again. */
    private String replaced(String line) {
        StringBuilder scrubbed = null;
        int from = 0;
        for (int at = 0; at < line.length(); at++) {
            for (Map.Entry<String, String> text : texts.entrySet()) {
                if (line.startsWith(text.getKey(), at)) {
                    scrubbed = scrubbed == null ? new StringBuilder() : scrubbed;
                    scrubbed.append(line, from, at).append(text.getValue());
                    from = at + text.getKey().length();
                    at = from - 1;
                    break;
                }
            }
        }
        return scrubbed == null
                ? line
                : scrubbed.append(line, from, line.length()).toString();
    }

    /** Whether this is the public repository, or none at all. */
    private static boolean isPublic(MatchResult url) {
        return url.group(3).endsWith(".apache.org")
                || !(url.group(5) + url.group(6)).matches(".*(maven|repo|default).*");
    }

    /** As Java writes an address: with its name in front, where it has one. */
    private String host(String after, String bare, String last) {
        String address = "10." + subnet + ".0." + last;
        String name = names.get(last);
        if (after != null) {
            return "/" + address;
        }
        if (!isNamed || name == null) {
            return (bare == null ? "" : "/") + address;
        }
        return bare == null ? name : name + "/" + address;
    }

    /** What identifies the machine in a text; empty if nothing does. */
    static List<String> left(Machine machine, String text) {
        List<String> left = new ArrayList<>();
        for (String raw : machine.addresses()) {
            addIf(left, text.contains(raw), raw);
        }
        addIf(
                left,
                text.contains(machine.project().toString()),
                machine.project().toString());
        addIf(
                left,
                Pattern.compile(Pattern.quote(machine.home()) + "(/|\\b)")
                                .matcher(text)
                                .find()
                        && !machine.home().equals(HOME),
                machine.home());
        addIf(left, text.contains(machine.kernel()), machine.kernel());
        addIf(left, word(machine.host()).matcher(text).find(), machine.host());
        addIf(
                left,
                !machine.user().equals(USER)
                        && Pattern.compile(USERS.pattern().formatted(Pattern.quote(machine.user())))
                                .matcher(text)
                                .find(),
                "user " + machine.user());
        return left;
    }

    private static void addIf(List<String> left, boolean isLeft, String raw) {
        if (isLeft) {
            left.add(raw);
        }
    }
}
