package io.sinkstream.hub;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/** A model's folder on a file system that no file can be mapped from: what {@link ModelCopies} asks of it. */
public interface RemoteFolder {
    /**
     * A file of the folder.
     *
     * @param name a plain one
     * @param bytes how large it is
     * @param version what is another one when its content is: the time of its last change, or a checksum
     */
    record RemoteFile(String name, long bytes, String version) {}

    /** What messages call it: its address, with its file system. */
    String name();

    /**
     * The files in it, in any order. Throws UserException for what the user can mend, and IOException for what may be mended by
     * itself.
     */
    List<RemoteFile> files() throws IOException;

    /** The content of one from byte {@code from} on, with the same exceptions. The caller closes it. */
    InputStream open(String file, long from) throws IOException;
}
