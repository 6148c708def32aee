package io.sinkstream.tables;

import io.sinkstream.settings.Locales;
import io.sinkstream.settings.Setting;
import io.sinkstream.settings.UserException;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * What Spark leaves out of an input of files without a word: names that begin with {@code _} or {@code .}, in which it keeps
 * its own books, and names that this JVM's locale can't express.
 */
final class PassedOver {
    private static final int NAMED = 3;

    private final Setting<?> setting;
    private final Configuration conf;
    private final List<String> hidden = new ArrayList<>();

    private PassedOver(Setting<?> setting, Configuration conf) {
        this.setting = setting;
        this.conf = conf;
    }

    /**
     * Says which files of rows in these folders are left out for their names, in one line, or nothing.
     *
     * @param setting that the paths were given by
     * @param paths folders, files and globs
     * @throws UserException if a path names such a file itself, or a local folder has one whose name can't be expressed
     */
    static Optional<String> told(Configuration conf, Setting<?> setting, List<String> paths) {
        PassedOver search = new PassedOver(setting, conf);
        paths.forEach(search::look);
        if (search.hidden.isEmpty()) {
            return Optional.empty();
        }
        int more = search.hidden.size() - NAMED;
        return Optional.of(setting + ": passed over, as all files whose names begin with _ or a dot: "
                + String.join(", ", search.hidden.subList(0, Math.min(NAMED, search.hidden.size())))
                + (more > 0 ? " and " + more + " more" : ""));
    }

    private void look(String given) {
        try {
            Path pattern = new Path(given);
            FileSystem files = pattern.getFileSystem(conf);
            FileStatus[] found = files.globStatus(pattern);
            for (FileStatus status : found == null ? new FileStatus[0] : found) {
                String name = status.getPath().getName();
                if (status.isFile() && isHidden(name) && name.equals(pattern.getName())) {
                    throw new UserException(
                            setting + ": " + given + " is passed over by Spark, as all files whose names"
                                    + " begin with _ or a dot; give it another name");
                }
                if (status.isFile()) {
                    note(status.getPath());
                } else {
                    walk(files, status.getPath());
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new UserException(setting + ": " + given + " can't be read: " + e.getMessage(), e);
        }
    }

    private void walk(FileSystem files, Path folder) throws IOException {
        requireNames(files, folder);
        FileStatus[] within;
        try {
            within = files.listStatus(folder);
        } catch (FileNotFoundException e) {
            // It was there a moment ago, and what comes and goes is no input.
            return;
        }
        for (FileStatus status : within) {
            if (status.isFile()) {
                note(status.getPath());
            } else if (!isHidden(status.getPath().getName())) {
                walk(files, status.getPath());
            }
        }
    }

    /** Hadoop's listing leaves out what it then can't find by its name. */
    private void requireNames(FileSystem files, Path folder) {
        String[] names = files.makeQualified(folder).toUri().getScheme().equals("file")
                ? new File(folder.toUri().getPath()).list()
                : null;
        for (String name : names == null ? new String[0] : names) {
            if (Locales.isCut(name)) {
                throw new UserException(
                        setting + ": the folder " + folder.toUri().getPath() + " has a name that " + Locales.encoding()
                                + ", the locale's encoding, can't express: " + name + "; " + Locales.ADVICE);
            }
        }
    }

    private void note(Path file) {
        String name = file.getName();
        // Spark's and Hadoop's own end otherwise, but for ours.
        if (isHidden(name) && TableInput.isOfRows(name) && !name.equals("_sinkstream.json")) {
            hidden.add(file.toUri().getPath());
        }
    }

    /** A column of Hive's may begin so: {@code _day=1}. */
    private static boolean isHidden(String name) {
        return (name.startsWith("_") && !name.contains("=")) || name.startsWith(".");
    }
}
