/** Programs that write logs as text to train a model on: of Spark, Kafka, Maven and the JVM, which succeed, fail and are killed. */
package io.sinkstream.corpus;
