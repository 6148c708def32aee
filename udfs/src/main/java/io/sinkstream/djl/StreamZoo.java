package io.sinkstream.djl;

import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;
import io.sinkstream.stream.TorchEngine;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A zoo without models. DJL asks all zoos on the class path for themselves when a program first says which model it wants, before it
 * starts an engine: the last moment to set what libtorch reads of the environment.
 */
public final class StreamZoo implements ZooProvider {
    private static final Logger LOG = LoggerFactory.getLogger(StreamZoo.class);

    @Override
    public ModelZoo getModelZoo() {
        try {
            TorchEngine.tune();
        } catch (LinkageError e) {
            // The program may want other models than ours, and no other zoo is to be lost.
            LOG.debug("the environment of libtorch is left as it is", e);
        }
        return new ModelZoo() {
            @Override
            public String getGroupId() {
                return "io.sinkstream";
            }

            @Override
            public Set<String> getSupportedEngines() {
                return Set.of("PyTorch");
            }
        };
    }
}
