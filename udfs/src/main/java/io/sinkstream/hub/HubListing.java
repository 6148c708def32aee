package io.sinkstream.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonParseException;
import com.google.gson.stream.JsonReader;
import io.sinkstream.settings.UserException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the hub has of a revision.
 *
 * @param commit the commit that it is now
 * @param files names from the repository's root
 */
record HubListing(String commit, Set<String> files) {
    private static final int LARGEST = 16 << 20;

    HubListing {
        files = Set.copyOf(files);
    }

    /** Reads the hub's answer; throws UserException if it is none. */
    static HubListing read(InputStream in, String what) throws IOException {
        byte[] answer = in.readNBytes(LARGEST + 1);
        if (answer.length > LARGEST) {
            throw new UserException(what + ": its answer is longer than " + LARGEST + " bytes");
        }
        String commit = "";
        Set<String> files = new TreeSet<>();
        try (JsonReader json = new JsonReader(new InputStreamReader(new ByteArrayInputStream(answer), UTF_8))) {
            json.beginObject();
            while (json.hasNext()) {
                switch (json.nextName()) {
                    case "sha" -> commit = json.nextString();
                    case "siblings" -> readFiles(json, files);
                    default -> json.skipValue();
                }
            }
            json.endObject();
        } catch (IOException | IllegalStateException | JsonParseException e) {
            throw new UserException(what + ": its answer is not the JSON of a model; check HF_ENDPOINT", e);
        }
        if (!HubName.isCommit(commit)) {
            throw new UserException(what + ": its answer has no commit as sha; check HF_ENDPOINT");
        }
        return new HubListing(commit, files);
    }

    private static void readFiles(JsonReader json, Set<String> files) throws IOException {
        json.beginArray();
        while (json.hasNext()) {
            json.beginObject();
            while (json.hasNext()) {
                if (json.nextName().equals("rfilename")) {
                    files.add(json.nextString());
                } else {
                    json.skipValue();
                }
            }
            json.endObject();
        }
        json.endArray();
    }
}
