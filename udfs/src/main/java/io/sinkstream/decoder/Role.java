package io.sinkstream.decoder;

import java.util.Locale;

/** What a weight of the decoder is for. In the order in which {@link DecoderSpec#weights} has them. */
public enum Role {
    /** A row for each token. */
    EMBEDDING(Kind.EMBEDDING),
    /** On what attention takes, or on what it gives, see {@link DecoderSpec.Block}. */
    ATTENTION_NORM(Kind.NORM),
    /** Into attention. */
    QUERY(Kind.PROJECTION),
    /** Into attention. */
    KEY(Kind.PROJECTION),
    /** Into attention. */
    VALUE(Kind.PROJECTION),
    /** On queries. */
    QUERY_NORM(Kind.NORM),
    /** On keys. */
    KEY_NORM(Kind.NORM),
    /** What joins each head's softmax without a key. */
    SINKS(Kind.SINK_LOGIT),
    /** Out of attention. */
    OUTPUT(Kind.PROJECTION),
    /** On what the MLP takes, or on what it gives. */
    MLP_NORM(Kind.NORM),
    /** Into the MLP, through its activation. */
    GATE(Kind.PROJECTION),
    /** Into the MLP. */
    UP(Kind.PROJECTION),
    /** Out of the MLP. */
    DOWN(Kind.PROJECTION),
    /** On the last hidden states. */
    NORM(Kind.NORM),
    /** From hidden states to logits. */
    HEAD(Kind.PROJECTION);

    /** What a role's weight does. */
    public enum Kind {
        /** Its rows are looked up. */
        EMBEDDING,
        /** It scales numbers of unit size. */
        NORM,
        /** A matrix that multiplies, output x input. */
        PROJECTION,
        /** A logit for each head. */
        SINK_LOGIT
    }

    private final Kind kind;

    Role(Kind kind) {
        this.kind = kind;
    }

    /** What its weight does. */
    public Kind kind() {
        return kind;
    }

    /** Whether each layer has a weight of its own for it. */
    public boolean ofLayer() {
        return this != EMBEDDING && this != NORM && this != HEAD;
    }

    /** What programs and files call it, {@code attention_norm} for example. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role of that label. */
    static Role of(String label) {
        return valueOf(label.toUpperCase(Locale.ROOT));
    }
}
