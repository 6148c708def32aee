package io.sinkstream.state;

import io.sinkstream.settings.UserException;
import io.sinkstream.stream.ModelOptions;
import io.sinkstream.stream.StreamModel;
import io.sinkstream.stream.StreamState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UTFDataFormatException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** One stream in a file, as its tokens, with what model, sinks and window they are of. */
public final class StreamFile {
    private static final String MAGIC = "sinkstream stream 1";

    /** A history of a million tokens has five. */
    private static final long LARGEST = 64 << 20;

    private StreamFile() {}

    /**
     * Writes a stream, whole or not at all; in the place of another one, but of nothing else.
     *
     * @throws UserException if there is something else, or the file can't be written
     */
    public static void write(Path file, ModelOptions options, StreamState state) {
        if (Files.exists(file) && !isStream(file)) {
            throw new UserException(file + " exists, and is no stream that was saved; choose another name");
        }
        StreamHead head = new StreamHead(state.position(), state.hash(), 0, 0, 0, null, state.sinks(), 0, new int[0]);
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (DataOutputStream out = new DataOutputStream(bytes)) {
                out.writeUTF(MAGIC);
                out.writeUTF(StreamModel.fingerprint(options));
                out.writeInt(options.sinks());
                out.writeInt(options.window());
                out.write(SavedStream.toBytes(head, state.history(), owner(options)));
            }
            Files.write(part, bytes.toByteArray());
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UserException(file + " can't be written: " + e, e);
        }
    }

    /**
     * The stream in a file.
     *
     * @param model that goes on with it, of these options
     * @throws UserException if it is none, or one of another model, sinks or window, or broken
     */
    public static StreamState read(Path file, ModelOptions options, StreamModel model) {
        if (!isStream(file)) {
            throw new UserException(file + " is no stream that was saved");
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(Files.readAllBytes(file)))) {
            in.readUTF();
            if (!in.readUTF().equals(StreamModel.fingerprint(options))) {
                throw new UserException(file + " is a stream of another model; its tokens mean nothing to this one");
            }
            int sinks = in.readInt();
            int window = in.readInt();
            if (sinks != options.sinks() || window != options.window()) {
                throw new UserException(file + " is a stream of " + sinks + " sinks and a window of " + window
                        + ", and this one has " + options.sinks() + " and " + options.window());
            }
            StreamHead head = StreamHead.fromBytes(in.readAllBytes(), owner(options));
            model.problem(head.sinks()).or(() -> model.problem(head.tail())).ifPresent(problem -> {
                throw new UserException(file + " is broken: " + problem);
            });
            return model.resume(head.sinks(), head.position(), head.hash(), head.tail(), true);
        } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
            throw new UserException(file + " is broken: " + e.getMessage(), e);
        } catch (ForeignStateException e) {
            throw new UserException(file + " " + e.getMessage(), e);
        }
    }

    private static long owner(ModelOptions options) {
        return StreamHead.owner(StreamModel.fingerprint(options), options.sinks(), options.window());
    }

    /** Throws UserException if it can't be read. */
    private static boolean isStream(Path file) {
        try {
            if (Files.isDirectory(file) || Files.size(file) > LARGEST) {
                return false;
            }
            try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
                return in.readUTF().equals(MAGIC);
            }
        } catch (EOFException | UTFDataFormatException e) {
            return false;
        } catch (IOException e) {
            throw new UserException(file + " can't be read: " + e, e);
        }
    }
}
