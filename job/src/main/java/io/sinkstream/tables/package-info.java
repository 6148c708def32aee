/** Inputs and outputs: files, tables, Kafka, and any other source and sink of Spark. */
package io.sinkstream.tables;
