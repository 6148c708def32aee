package io.sinkstream.harness;

import static io.sinkstream.harness.Trial.Outcome.refused;
import static io.sinkstream.harness.Trial.Outcome.rows;

import io.sinkstream.harness.Trial.Outcome.Rows;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.spark.sql.SaveMode;

/** The trials of {@link Trial}: a folder of odd inputs of each kind. */
public final class OddInputs {
    /** Two streams, whose rows come in turns and whose orders are not those of their texts. */
    private static final Map<String, List<String>> STREAMS =
            Map.of("a", List.of("once", "upon", "a time"), "b", List.of("über", "", "☕ und 🫖"));

    private static final Rows ALL = rows(STREAMS);

    private static final String LINES = line("a", 10, "a time")
            + line("b", 1, "über")
            + line("a", 1, "once")
            + line("b", 3, "☕ und 🫖")
            + line("a", 2, "upon")
            + line("b", 2, "");

    /** The same rows as a table. */
    private static final String TABLE =
            "SELECT * FROM VALUES ('a', 10L, 'a time'), ('b', 1L, 'über'), ('a', 1L, 'once'),"
                    + " ('b', 3L, '☕ und 🫖'), ('a', 2L, 'upon'), ('b', 2L, '') AS t(key, seq, text)";

    private OddInputs() {}

    /** All of them. */
    public static Stream<Trial> all() {
        return Stream.of(json(), csv(), compressed(), names(), columns(), orders(), columnar(), texts(), folders())
                .flatMap(List::stream);
    }

    private static String line(String key, long seq, String text) {
        return "{\"key\":\"" + key + "\",\"seq\":" + seq + ",\"text\":\"" + text + "\"}\n";
    }

    private static Trial.Files file(String name, String content) {
        return file(name, content.getBytes(StandardCharsets.UTF_8));
    }

    private static Trial.Files file(String name, byte[] content) {
        return folder -> {
            Path path = folder.resolve(name);
            Files.createDirectories(path.getParent());
            Files.write(path, content);
        };
    }

    private static Trial.Files both(Trial.Files one, Trial.Files other) {
        return folder -> {
            one.into(folder);
            other.into(folder);
        };
    }

    private static List<Trial> json() {
        String broken = LINES + "{\"key\":\"a\",\"seq\":3,\"te\n";
        return List.of(
                Trial.of("JSON lines", file("rows.json", LINES)).gives(ALL),
                Trial.of("a byte order mark", file("rows.json", "\uFEFF" + LINES))
                        .gives(ALL),
                Trial.of("lines that end as Windows has them", file("rows.json", LINES.replace("\n", "\r\n")))
                        .gives(ALL),
                Trial.of("no newline at the end", file("rows.json", LINES.strip()))
                        .gives(ALL),
                Trial.of("blank lines", file("rows.json", LINES.replace("\n", "\n\n")))
                        .gives(ALL),
                Trial.of("a line that is cut off", file("rows.json", broken)).gives(ALL.and("the key is null")),
                Trial.of("an empty file beside others", both(file("a.json", ""), file("b.json", LINES)))
                        .gives(ALL),
                Trial.of("Latin-1", file("rows.json", LINES.getBytes(StandardCharsets.ISO_8859_1)))
                        .gives(rows(Map.of("a", STREAMS.get("a"), "b", List.of("", "? und ?")))
                                .and("the key is null")),
                Trial.of("UTF-16 that is named", file("rows.json", LINES.getBytes(StandardCharsets.UTF_16LE)))
                        .with("--option", "encoding=UTF-16LE")
                        .gives(refused("The lineSep option must be specified for the UTF-16LE encoding")),
                Trial.of("an option of streams that is no number", file("rows.json", LINES))
                        .streamedWith("--option", "maxFilesPerTrigger=few")
                        .gives(ALL, refused("few")),
                Trial.of("an encoding that is none", file("rows.json", LINES))
                        .with("--option", "encoding=UTF-99")
                        .gives(refused("UTF-99")),
                Trial.of(
                                "one array over many lines",
                                file("rows.json", "[" + LINES.strip().replace("\n", ",\n") + "]"))
                        .with("--option", "multiLine=true")
                        .gives(ALL),
                Trial.of("an option's value that is none", file("rows.json", LINES))
                        .with("--option", "multiLine=perhaps")
                        .gives(refused("perhaps")),
                Trial.of("a record that is not let pass", file("rows.json", broken))
                        .with("--option", "mode=FAILFAST")
                        .gives(refused("Malformed records"), refused("rows.json")),
                Trial.of(
                                "an order of another type in one line",
                                file("rows.json", LINES + line("a", 11, "x").replace("11", "\"eleven\"")))
                        .with("--schema", "key STRING, seq BIGINT, text STRING")
                        .gives(ALL.and("the order is null")),
                Trial.of("a schema that is none", file("rows.json", LINES))
                        .with("--schema", "key STRINGS")
                        .streamedWith("--schema", "key STRINGS")
                        .gives(refused("--schema")));
    }

    private static List<Trial> csv() {
        String plain = "key,seq,text\na,10,a time\nb,1,über\na,1,once\nb,3,☕ und 🫖\na,2,upon\nb,2,\"\"\n";
        // An empty text is none in CSV, quoted or not.
        Rows all = rows(Map.of("a", STREAMS.get("a"), "b", List.of("über", "☕ und 🫖")))
                .and("the text is null");
        return List.of(
                csv("CSV", plain).gives(all),
                csv("CSV with a byte order mark", "\uFEFF" + plain).gives(all),
                csv("CSV as Windows has it", plain.replace("\n", "\r\n")).gives(all),
                csv("quotes as spreadsheets write them", "key,seq,text\na,1,\"say \"\"once\"\", or twice\"\n")
                        .gives(rows(Map.of("a", List.of("say \"once\", or twice")))),
                csv("quotes that are never closed", "key,seq,text\na,1,\"once\na,2,upon\n")
                        .gives(rows(Map.of("a", List.of("once\na,2,upon\n")))),
                csv("a header without rows", "key,seq,text\n").gives(rows(Map.of())),
                csv("semicolons", plain.replace(',', ';')).gives(refused("key;seq;text")),
                csv("semicolons that are named", plain.replace(',', ';'))
                        .with("--option", "sep=;")
                        .gives(all));
    }

    private static Trial csv(String name, String content) {
        return Trial.of(name, file("rows.csv", content)).with("--format", "csv");
    }

    private static List<Trial> compressed() {
        byte[] packed = gzip(LINES);
        byte[] cut = Arrays.copyOf(packed, packed.length / 2);
        return List.of(
                Trial.of("gzip", file("rows.json.gz", packed)).gives(ALL),
                Trial.of("a gzip file that is cut off, among many", folder -> {
                            for (int i = 0; i < 5; i++) {
                                file("rows-" + i + ".json.gz", gzip("")).into(folder);
                            }
                            file("rows-5.json.gz", cut).into(folder);
                        })
                        .gives(refused("rows-5.json.gz can't be read: ")),
                Trial.of("a gzip file that is none", file("rows.json.gz", LINES))
                        .gives(refused("rows.json.gz can't be read: ")),
                Trial.of("a codec that is not there", file("rows.json.zst", LINES))
                        .gives(refused("rows.json.zst")),
                // Hadoop looks for the first block, and there is none. The README says so.
                Trial.of("bzip2 that is none", file("rows.json.bz2", LINES))
                        .gives(refused("--key: there is no column key"), rows(Map.of())),
                Trial.of("bzip2 that is cut off", file("rows.json.bz2", Arrays.copyOf(bzip2(), bzip2().length / 2)))
                        .gives(refused("rows.json.bz2 can't be read: ")),
                Trial.of("bzip2", file("rows.json.bz2", bzip2())).gives(ALL));
    }

    private static List<Trial> names() {
        return List.of(
                name("a blank"),
                name("an ümläut"),
                name("per%20cent"),
                name("a+b#c&d=e"),
                name("question?"),
                name("quote'and\"both"),
                name("x".repeat(240)),
                Trial.of("a colon in a file's name", file("12:00.json", LINES)).gives(refused("12:00.json", "colon")),
                Trial.of("a colon in a file's name that is given", file("12:00.json", LINES))
                        .at("12:00.json")
                        .gives(refused("12:00.json", "colon")),
                Trial.of("a colon in a folder's name", file("12:00/rows.json", LINES))
                        .at("*")
                        .gives(refused("12:00", "colon")),
                Trial.of("a file that Spark passes over", both(file("_b.json", LINES), file("a.json", LINES)))
                        .gives(ALL),
                Trial.of("a file that Spark passes over and that is given", file("_rows.json", LINES))
                        .at("_rows.json")
                        .gives(refused("_rows.json")),
                Trial.of("brackets that make a glob of nothing", file("[x].json", LINES))
                        .at("[x].json")
                        .gives(refused("[x].json"), refused("[x].json")));
    }

    private static Trial name(String name) {
        return Trial.of("a file named " + name.substring(0, Math.min(20, name.length())), file(name + ".json", LINES))
                .gives(ALL);
    }

    private static List<Trial> columns() {
        String dotted = LINES.replace("\"key\"", "\"host.name\"");
        String nested = LINES.replaceAll("\"key\":(\"[ab]\")", "\"host\":{\"name\":$1}");
        return List.of(
                Trial.of("a key with a dot in its name", file("rows.json", dotted))
                        .with("--key", "host.name")
                        .streamedWith("--schema", "`host.name` STRING, seq BIGINT, text STRING")
                        .gives(ALL),
                Trial.of("a key in a struct", file("rows.json", nested))
                        .with("--key", "host.name")
                        .streamedWith("--schema", "host STRUCT<name: STRING>, seq BIGINT, text STRING")
                        .gives(ALL),
                Trial.of("a key with a backtick", file("rows.json", LINES.replace("\"key\"", "\"k`y\"")))
                        .with("--key", "k`y")
                        .streamedWith("--schema", "`k``y` STRING, seq BIGINT, text STRING")
                        .gives(ALL),
                Trial.of("a column of ours", file("rows.json", LINES.replace("\"key\"", "\"__sinkstream_key\"")))
                        .with("--key", "__sinkstream_key")
                        .streamedWith("--schema", "__sinkstream_key STRING, seq BIGINT, text STRING")
                        .gives(refused("__sinkstream_key", "rename it")),
                Trial.of("a column of a result's name", file("rows.json", LINES.replace("\"seq\"", "\"tokens\"")))
                        .with("--order", "tokens")
                        .streamedWith("--schema", "key STRING, tokens BIGINT, text STRING")
                        .gives(refused("tokens", "--prefix")),
                Trial.of("the same beside a prefix", file("rows.json", LINES.replace("\"seq\"", "\"tokens\"")))
                        .with("--order", "tokens")
                        .with("--prefix", "s_")
                        .streamedWith("--schema", "key STRING, tokens BIGINT, text STRING")
                        .gives(ALL),
                Trial.of(
                                "two columns that differ in case",
                                file("rows.json", LINES.replace("\"seq\"", "\"KEY\":1,\"seq\"")))
                        .streamedWith("--schema", "key STRING, KEY INT, seq BIGINT, text STRING")
                        .gives(refused("key")),
                Trial.of(
                                "one column is named _metadata",
                                file("rows.json", LINES.replace("\"seq\"", "\"_metadata\":1,\"seq\"")))
                        .streamedWith("--schema", "key STRING, _metadata INT, seq BIGINT, text STRING")
                        .gives(ALL));
    }

    private static List<Trial> orders() {
        return List.of(
                order("a struct", "named_struct('at', date'2026-01-01', 'n', seq)", "STRUCT<at: DATE, n: BIGINT>"),
                order("a wide decimal", "CAST(seq AS DECIMAL(38, 4)) * 10000000000", "DECIMAL(38, 4)"),
                order("an array", "array(0L, seq)", "ARRAY<BIGINT>"),
                order("a date", "date_add(date'0001-01-01', CAST(seq AS INT))", "DATE"),
                order("a timestamp", "timestampadd(MICROSECOND, seq, timestamp'1969-12-31 23:59:59')", "TIMESTAMP"),
                order("text", "lpad(CAST(seq AS STRING), 3, '0')", "STRING"),
                order("a double", "IF(seq = 10, double('NaN'), seq - 2.0D)", "DOUBLE"),
                parquet("a boolean as order", TABLE.replace("*", "key, seq > 1 AS seq, text"))
                        .streamedWith("--schema", "key STRING, seq BOOLEAN, text STRING")
                        .gives(rows(Map.of("a", List.of("once", "a time"), "b", List.of("über", "")))
                                .and("late: ", "late: ")),
                parquet("a map as order", TABLE.replace("*", "key, map('n', seq) AS seq, text"))
                        .streamedWith("--schema", "key STRING, seq MAP<STRING, BIGINT>, text STRING")
                        .gives(refused("--order: column seq is of type map")),
                Trial.of("two columns as order", file("rows.json", LINES.replace("\"seq\":", "\"day\":7,\"seq\":")))
                        .with("--order", "day,seq")
                        .streamedWith("--schema", "key STRING, day INT, seq BIGINT, text STRING")
                        .gives(ALL));
    }

    private static Trial order(String name, String order, String type) {
        return parquet(name + " as order", TABLE.replace("*", "key, " + order + " AS seq, text"))
                .streamedWith("--schema", "key STRING, seq " + type + ", text STRING")
                .gives(ALL);
    }

    /** The rows of a query, in files of Parquet. */
    private static Trial parquet(String name, String query) {
        return Trial.of(name, folder -> Command.spark()
                        .sql(query)
                        .coalesce(1)
                        .write()
                        .mode(SaveMode.Append)
                        .parquet(folder.toString()))
                .with("--format", "parquet");
    }

    private static List<Trial> columnar() {
        return List.of(
                parquet("Parquet", TABLE).gives(ALL),
                Trial.of("Parquet that is none", file("rows.parquet", LINES))
                        .with("--format", "parquet")
                        .gives(refused("rows.parquet")),
                Trial.of("Parquet that is none, with a schema", file("rows.parquet", LINES))
                        .with("--format", "parquet")
                        .with("--schema", "key STRING, seq BIGINT, text STRING")
                        .gives(refused("rows.parquet can't be read: ")),
                Trial.of("Parquet of no bytes", file("rows.parquet", ""))
                        .with("--format", "parquet")
                        .gives(refused("rows.parquet"), rows(Map.of())),
                parquet("Parquet of other types than the schema says", TABLE)
                        .with("--schema", "key STRING, seq DOUBLE, text BIGINT")
                        .streamedWith("--schema", "key STRING, seq DOUBLE, text BIGINT")
                        .with("--text", "text")
                        .gives(refused("--text: column text is of type bigint")),
                parquet("Parquet of another order than the schema says", TABLE)
                        .with("--schema", "key STRING, seq TIMESTAMP, text STRING")
                        .streamedWith("--schema", "key STRING, seq TIMESTAMP, text STRING")
                        .gives(refused(".parquet")),
                Trial.of("ORC that is none", file("rows.orc", LINES))
                        .with("--format", "orc")
                        .with("--schema", "key STRING, seq BIGINT, text STRING")
                        .gives(refused("rows.orc")),
                Trial.of(
                                "keys in folders that look like numbers",
                                both(
                                        file(
                                                "key=007/rows.json",
                                                line("x", 1, "once").replace("\"key\":\"x\",", "")),
                                        file(
                                                "key=7/rows.json",
                                                line("x", 1, "upon").replace("\"key\":\"x\",", ""))))
                        .streamedWith("--schema", "seq BIGINT, text STRING, key STRING")
                        .gives(rows(Map.of("007", List.of("once"), "7", List.of("upon")))),
                Trial.of("partitions by key", folder -> Command.spark()
                                .sql(TABLE)
                                .write()
                                .mode(SaveMode.Append)
                                .partitionBy("key")
                                .json(folder.toString()))
                        .streamedWith("--schema", "seq BIGINT, text STRING, key STRING")
                        .gives(ALL));
    }

    private static List<Trial> texts() {
        String nul = "\\u0000";
        String lone = "\\ud83e";
        return List.of(
                Trial.of("control characters", file("rows.json", line("a", 1, nul + "\\t\\u001b[0m")))
                        .gives(rows(Map.of("a", List.of("\0\t\u001b[0m")))),
                Trial.of("half of a pair", file("rows.json", line("a", 1, "x" + lone + "y")))
                        .gives(rows(Map.of("a", List.of("x?y")))),
                Trial.of(
                                "a null of each",
                                file(
                                        "rows.json",
                                        LINES
                                                + "{\"key\":null,\"seq\":1,\"text\":\"x\"}\n{\"key\":\"a\",\"text\":\"x\"}\n"
                                                + "{\"key\":\"a\",\"seq\":11}\n"))
                        .gives(ALL.and("the key is null", "the order is null", "the text is null")),
                Trial.of("a row over the limit", file("rows.json", LINES + line("a", 11, "x".repeat(300))))
                        .with("--max-row-bytes", "200")
                        .gives(ALL.and("text and separator have 301 bytes")),
                Trial.of("a row that comes twice", file("rows.json", LINES + line("a", 2, "upon")))
                        .gives(ALL.and("late: ")),
                Trial.of("plain text without a key", file("log.txt", "once\nupon\r\na time"))
                        .with("--format", "text")
                        .with("--key", null)
                        .with("--order", null)
                        .streamedWith("--schema", "value STRING")
                        .gives(rows(Map.of("", List.of("once", "upon", "a time"))), refused("--key is missing")));
    }

    private static List<Trial> folders() {
        return List.of(
                Trial.of("an empty folder", folder -> {})
                        .with("--schema", "key STRING, seq BIGINT, text STRING")
                        .gives(rows(Map.of())),
                Trial.of("an empty folder without a schema", folder -> {}).gives(refused("--input"), rows(Map.of())),
                Trial.of("nothing but empty files", file("rows.json", ""))
                        .gives(refused("--key: there is no column key"), rows(Map.of())),
                Trial.of("a link to nothing", folder -> {
                            file("rows.json", LINES).into(folder);
                            Files.createSymbolicLink(folder.resolve("gone.json"), folder.resolve("nothing.json"));
                        })
                        .gives(ALL),
                Trial.of("a folder in the folder", both(file("rows.json", LINES), file("more/rows.json", LINES)))
                        .gives(ALL));
    }

    private static byte[] bzip2() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new BZip2CompressorOutputStream(bytes)) {
            out.write(LINES.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] gzip(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
