/** What tests run in and against: the program, a cluster of processes, a Kafka broker, and what kills them. */
package io.sinkstream.harness;
