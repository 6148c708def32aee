package io.sinkstream.state;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Token ids as bytes: seven bits a byte, the lowest first, as in LEB128; so most take two. */
final class TokenBytes {
    private TokenBytes() {}

    static byte[] of(int[] tokens) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(3 * tokens.length + 2);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            write(out, tokens);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** From bytes; none from none. */
    static int[] tokens(byte[] bytes) {
        if (bytes == null) {
            return new int[0];
        }
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            return read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes how many there are, and then each. */
    static void write(OutputStream out, int[] tokens) throws IOException {
        number(out, tokens.length);
        for (int token : tokens) {
            number(out, token);
        }
    }

    static int[] read(InputStream in) throws IOException {
        int count = number(in);
        if (count < 0 || count > in.available()) {
            // Each takes a byte at least, and all are here.
            throw new EOFException("of " + count + " tokens there are " + in.available() + " bytes");
        }
        int[] tokens = new int[count];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = number(in);
        }
        return tokens;
    }

    private static void number(OutputStream out, int number) throws IOException {
        int rest = number;
        while ((rest & ~0x7f) != 0) {
            out.write((rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        out.write(rest);
    }

    private static int number(InputStream in) throws IOException {
        int number = 0;
        for (int shift = 0; ; shift += 7) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException();
            }
            number |= (next & 0x7f) << shift;
            if (next < 0x80) {
                return number;
            }
        }
    }
}
