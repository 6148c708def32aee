package io.sinkstream.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.sinkstream.decoder.AttentionSums;
import io.sinkstream.settings.ExperimentSettings;
import io.sinkstream.settings.PictureSize;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the studies of attention leave in a folder: tables as CSV, and a picture as PNG and SVG. */
public final class StudyFiles {
    private static final String QUERY = "query";
    private static final String KEY = "key";

    /** What {@code sinks} leaves. */
    public static final List<String> SINKS = List.of("sinks.csv", "sink_attention.csv", "sinks.png", "sinks.svg");

    /** What {@code attention-map} leaves. */
    public static final List<String> ATTENTION = List.of("attention.csv", "attention.png", "attention.svg");

    private final Path folder;
    private final String title;
    private final PictureSize size;

    /** @param title stands over pictures; may be empty */
    public StudyFiles(Path folder, String title, PictureSize size) {
        this.folder = folder;
        this.title = title;
        this.size = size;
    }

    /** Where files of these names are. */
    public List<Path> paths(List<String> names) {
        return names.stream().map(folder::resolve).toList();
    }

    /** Refuses a file that is there. */
    public void refuseExisting(List<String> names) {
        for (Path file : paths(names)) {
            if (Files.exists(file)) {
                throw new UserException(ExperimentSettings.OUTPUT_DIR + ": " + file + " exists; remove it, or give "
                        + Settings.OVERWRITE);
            }
        }
    }

    /** {@link #SINKS}. */
    public void write(SinkNeed need) {
        HeatMaps picture = new HeatMaps(
                List.of(new HeatMaps.Panel("", need.map())), new HeatMaps.Form(title, "head", "layer", "share", size));
        write("sinks.csv", need.perplexityCsv().getBytes(UTF_8));
        write("sink_attention.csv", need.attentionCsv().getBytes(UTF_8));
        draw("sinks", picture);
    }

    /**
     * {@link #ATTENTION}: a table of all there is, and pictures with the logits of some.
     *
     * @param layers to draw, from 0
     * @param heads to draw of each, from 0
     */
    public void write(AttentionSums attention, List<Integer> layers, List<Integer> heads) {
        List<HeatMaps.Panel> panels = new ArrayList<>();
        for (int layer : layers) {
            for (int head : heads) {
                panels.add(new HeatMaps.Panel("layer " + layer + ", head " + head, logits(attention, layer, head)));
            }
        }
        write("attention.csv", csv(attention).getBytes(UTF_8));
        draw("attention", new HeatMaps(panels, new HeatMaps.Form(title, QUERY, KEY, "logit, nats", size)));
    }

    private static double[][] logits(AttentionSums attention, int layer, int head) {
        double[][] cells = new double[attention.tokens()][attention.tokens()];
        for (int query = 0; query < cells.length; query++) {
            for (int key = 0; key < cells.length; key++) {
                cells[query][key] = key <= query ? attention.logit(layer, head, query, key) : Double.NaN;
            }
        }
        return cells;
    }

    private static String csv(AttentionSums attention) {
        StringBuilder csv = new StringBuilder("layer,head,query,key,logit,weight\n");
        for (int layer = 0; layer < attention.layers(); layer++) {
            for (int head = 0; head < attention.heads(); head++) {
                for (int query = 0; query < attention.tokens(); query++) {
                    for (int key = 0; key <= query; key++) {
                        csv.append(String.format(
                                Locale.ROOT,
                                "%d,%d,%d,%d,%.6f,%.6f\n",
                                layer,
                                head,
                                query,
                                key,
                                attention.logit(layer, head, query, key),
                                attention.weight(layer, head, query, key)));
                    }
                }
            }
        }
        return csv.toString();
    }

    private void draw(String name, HeatMaps picture) {
        try {
            write(name + ".png", picture.png());
            write(name + ".svg", picture.svg().getBytes(UTF_8));
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private void write(String name, byte[] content) {
        try {
            Files.createDirectories(folder);
            Files.write(folder.resolve(name), content);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private UserException unwritable(IOException e) {
        return new UserException(ExperimentSettings.OUTPUT_DIR + ": " + folder + " can't be written: " + e, e);
    }
}
