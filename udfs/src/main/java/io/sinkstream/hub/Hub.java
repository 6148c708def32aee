package io.sinkstream.hub;

import static io.sinkstream.hub.ModelFiles.CONFIG;
import static io.sinkstream.hub.ModelFiles.INDEX;
import static io.sinkstream.hub.ModelFiles.SMALL;
import static io.sinkstream.hub.ModelFiles.WEIGHTS;

import io.sinkstream.settings.UserException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpHeaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Downloads a model's revision into the cache: the files that are read, of which none is code or a pickle. A download that was
 * cut, or killed, goes on where it was.
 */
public final class Hub {
    private static final Logger LOG = LoggerFactory.getLogger(Hub.class);

    private final HubEnvironment environment;
    private final Function<Path, Collection<String>> shards;
    private final Surroundings surroundings;

    /** @param shards reads which files an index of shards names, each a plain name */
    public Hub(HubEnvironment environment, Function<Path, Collection<String>> shards) {
        this(environment, shards, Surroundings.REAL);
    }

    Hub(HubEnvironment environment, Function<Path, Collection<String>> shards, Surroundings surroundings) {
        this.environment = environment;
        this.shards = shards;
        this.surroundings = surroundings;
    }

    /**
     * Whether the cache has all of a commit that there is to read. Python's tools bring a commit's files one by one, when they are
     * asked for.
     */
    public boolean isComplete(HubName commit) {
        HubCache cache = new HubCache(environment.cache(), commit);
        return isUsable(commit)
                && SMALL.stream()
                        .filter(file -> file.startsWith("tokenizer"))
                        .allMatch(file ->
                                Files.exists(cache.snapshot(commit.revision()).resolve(file))
                                        || cache.isAbsent(commit.revision(), file));
    }

    /** Whether the cache has a commit's config and weights. */
    public boolean isUsable(HubName commit) {
        Path folder = new HubCache(environment.cache(), commit).snapshot(commit.revision());
        Path index = folder.resolve(INDEX);
        boolean hasWeights = Files.exists(folder.resolve(WEIGHTS))
                || (Files.exists(index)
                        && shards.apply(index).stream().allMatch(shard -> Files.exists(folder.resolve(shard))));
        return hasWeights && Files.exists(folder.resolve(CONFIG));
    }

    /**
     * Downloads what the cache lacks of a revision.
     *
     * @return the commit that it is
     * @throws UserException if the hub does not have it or does not give it, or there is no room
     */
    public HubName download(HubName name) {
        FileWork<HubName> download = () -> downloaded(name);
        return download.done(
                "a download",
                e -> new UserException(
                        environment.cache() + ": " + name + " can't be brought into it (" + e
                                + "); expected a folder that can be written and has links and locks (HF_HOME)",
                        e));
    }

    private HubName downloaded(HubName name) throws IOException, InterruptedException {
        HubClient client = new HubClient(environment);
        HubCache cache = new HubCache(environment.cache(), name);
        String hub = client.endpoint().toString();
        HubListing listing = new Retries(name + " from " + hub, surroundings).send(() -> {
            try (InputStream answer = new StallGuard(client.listing(name).body(), client.patience())) {
                return HubListing.read(answer, hub);
            }
        });
        HubName commit = name.at(listing.commit());
        if (HubName.isCommit(name.revision()) && !commit.equals(name)) {
            throw new UserException(hub + ": gives commit " + listing.commit() + " for " + name);
        }
        ModelFiles.requireSafetensors(listing.files(), hub + ": " + name, "take a revision that has safetensors");
        Path folder = cache.snapshot(listing.commit());
        Set<String> needed = ModelFiles.small(listing.files());
        if (!listing.files().contains(WEIGHTS)) {
            // Which says what else is to be brought.
            fetch(client, cache, commit, Set.of(INDEX));
            needed.addAll(shards.apply(folder.resolve(INDEX)));
        } else {
            needed.add(WEIGHTS);
        }
        fetch(client, cache, commit, needed);
        Set<String> absent = new LinkedHashSet<>(SMALL);
        absent.removeAll(listing.files());
        cache.writeAbsent(listing.commit(), absent);
        if (!HubName.isCommit(name.revision())) {
            cache.writeReference(name.revision(), listing.commit());
        }
        return commit;
    }

    private void fetch(HubClient client, HubCache cache, HubName commit, Set<String> names)
            throws IOException, InterruptedException {
        List<HubFile> files = new ArrayList<>();
        for (String name : names) {
            if (!Files.exists(cache.snapshot(commit.revision()).resolve(name))) {
                Retries retries = new Retries(commit + ": " + name + " from " + client.endpoint(), surroundings);
                files.add(file(name, retries.send(() -> client.headers(commit, name))));
            }
        }
        if (files.isEmpty()) {
            return;
        }
        long total = files.stream().mapToLong(HubFile::bytes).sum();
        DownloadProgress progress = new DownloadProgress(commit.toString(), total, System::nanoTime, LOG::info);
        BlobDownload download = new BlobDownload(client, cache, commit, surroundings, progress);
        for (HubFile file : files) {
            download.bring(file);
            cache.link(commit.revision(), file);
        }
        progress.end();
    }

    private static HubFile file(String name, HttpHeaders headers) {
        String etag = headers.firstValue("X-Linked-Etag")
                .or(() -> headers.firstValue("ETag"))
                .orElse("");
        String bytes = headers.firstValue("X-Linked-Size")
                .or(() -> headers.firstValue("Content-Length"))
                .filter(text -> text.matches("[0-9]{1,18}"))
                .orElse("-1");
        return new HubFile(name, etag.replaceFirst("^W/", "").replace("\"", ""), Long.parseLong(bytes));
    }
}
