package io.sinkstream.decoder;

import java.io.Serializable;

/**
 * Attention over texts of the same length, each seen as a whole, summed over the texts. The numbers of a layer are heads x
 * queries x keys.
 *
 * @param texts how many
 * @param heads how many a layer has
 * @param tokens of each text
 * @param logits what softmaxes take, layer by layer, nats; 0 where a query does not see a key
 * @param weights the keys' shares of a query's attention, layer by layer; less than 1 together if a sink has a logit of its own
 * @param nll of all tokens but each text's first, nats
 */
@SuppressWarnings("ArrayRecordComponent") // nothing compares them
public record AttentionSums(int texts, int heads, int tokens, double[][] logits, double[][] weights, double nll)
        implements Serializable {
    /** How many there are. */
    public int layers() {
        return logits.length;
    }

    /** The mean over the texts of what a query's softmax takes for a key, nats. */
    public double logit(int layer, int head, int query, int key) {
        return logits[layer][place(head, query, key)] / texts;
    }

    /** The mean over the texts of a key's share of a query's attention. */
    public double weight(int layer, int head, int query, int key) {
        return weights[layer][place(head, query, key)] / texts;
    }

    /** The mean share that a key has of the attention of the queries that see it, itself among them (arXiv 2410.10781). */
    public double received(int layer, int head, int key) {
        double sum = 0;
        for (int query = key; query < tokens; query++) {
            sum += weight(layer, head, query, key);
        }
        return sum / (tokens - key);
    }

    private int place(int head, int query, int key) {
        return (head * tokens + query) * tokens + key;
    }

    /** Of these texts and others, of the same model and length. */
    public AttentionSums plus(AttentionSums other) {
        return new AttentionSums(
                texts + other.texts,
                heads,
                tokens,
                sum(logits, other.logits),
                sum(weights, other.weights),
                nll + other.nll);
    }

    private static double[][] sum(double[][] a, double[][] b) {
        double[][] sum = new double[a.length][];
        for (int i = 0; i < a.length; i++) {
            sum[i] = a[i].clone();
            for (int j = 0; j < sum[i].length; j++) {
                sum[i][j] += b[i][j];
            }
        }
        return sum;
    }
}
