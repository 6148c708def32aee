package io.sinkstream.tables;

import io.sinkstream.settings.Setting;
import io.sinkstream.settings.Settings;
import io.sinkstream.settings.StreamSettings;
import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.GlobExpander;
import org.apache.hadoop.fs.GlobPattern;
import org.apache.hadoop.fs.Path;

/**
 * The paths of one run, which must not be the same nor lie in each other: what is written to one would be read from, or
 * removed with, the other.
 */
public final class DistinctPaths {
    private final Configuration conf;
    private final List<Place> places = new ArrayList<>();

    /**
     * A path that was given.
     *
     * @param steps the ways to it, step by step from the file system on: as it was given, with its globs, and what is there
     *     of it without symbolic links
     */
    private record Place(Setting<?> setting, String path, List<List<String>> steps) {}

    /** None yet. */
    public DistinctPaths(Configuration conf) {
        this.conf = conf;
    }

    /**
     * Adds some, which may touch each other.
     *
     * @throws UserException if one touches one that is there already
     */
    public DistinctPaths with(Setting<?> setting, List<String> paths) {
        List<Place> added = paths.stream().map(path -> place(setting, path)).toList();
        for (Place place : added) {
            places.stream().filter(other -> touch(place, other)).findFirst().ifPresent(other -> {
                throw new UserException(setting + ": " + place.path + " and " + other.setting.option() + " "
                        + other.path + " are the same or one lies in the other; give another path");
            });
        }
        places.addAll(added);
        return this;
    }

    /** Adds one. */
    public DistinctPaths with(Setting<?> setting, String path) {
        return with(setting, List.of(path));
    }

    private Place place(Setting<?> setting, String path) {
        try {
            Path given = new Path(path);
            FileSystem files = given.getFileSystem(conf);
            String whole = files.makeQualified(given).toUri().getPath();
            List<List<String>> steps = new ArrayList<>();
            steps.add(steps(files, escaped(real(files, given))));
            if (setting != Settings.INPUT) {
                steps.add(steps(files, escaped(whole)));
                return new Place(setting, path, steps);
            }
            for (String one : GlobExpander.expand(whole)) {
                steps.add(steps(files, one));
            }
            FileStatus[] found = files.globStatus(given);
            // What is not there is told when it is read.
            for (FileStatus status : found == null ? new FileStatus[0] : found) {
                steps.add(steps(files, escaped(real(files, status.getPath()))));
            }
            return new Place(setting, path, steps);
        } catch (IOException | IllegalArgumentException e) {
            throw SparkMessages.unreadable(setting, path, e);
        }
    }

    private static List<String> steps(FileSystem files, String path) {
        List<String> steps = new ArrayList<>(List.of(files.getUri().toString()));
        Stream.of(path.split("/")).filter(step -> !step.isEmpty()).forEach(steps::add);
        return steps;
    }

    /** As a glob that matches this name only. */
    private static String escaped(String name) {
        return name.replaceAll("([\\\\{}\\[\\]*?])", "\\\\$1");
    }

    /** The path without its file system, and without symbolic links where it is local. */
    private static String real(FileSystem files, Path path) throws IOException {
        URI uri = files.makeQualified(path).toUri();
        if ("file".equals(uri.getScheme())) {
            java.nio.file.Path local = java.nio.file.Path.of(uri.getPath());
            for (java.nio.file.Path there = local; there != null; there = there.getParent()) {
                if (Files.exists(there)) {
                    return there.toRealPath().resolve(there.relativize(local)).toString();
                }
            }
        }
        return uri.getPath();
    }

    private static boolean touch(Place one, Place other) {
        for (List<String> mine : one.steps()) {
            for (List<String> its : other.steps()) {
                if (touch(mine, its) && !isPassedOver(one, mine, its) && !isPassedOver(other, its, mine)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether a path may be of both: also one that is still to be made. */
    private static boolean touch(List<String> mine, List<String> its) {
        for (int i = 0; i < Math.min(mine.size(), its.size()); i++) {
            if (!matches(mine.get(i), its.get(i)) && !matches(its.get(i), mine.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Whether it is a checkpoint in a folder whose readers pass it over, as many are used to have it. */
    private static boolean isPassedOver(Place inner, List<String> mine, List<String> outer) {
        return inner.setting == StreamSettings.CHECKPOINT
                && mine.size() > outer.size()
                && mine.get(outer.size()).matches("[_.].*");
    }

    private static boolean matches(String pattern, String name) {
        return pattern.equals(name) || new GlobPattern(pattern).matches(name.replaceAll("\\\\(.)", "$1"));
    }
}
