/** The command line: {@link io.sinkstream.job.Sinkstream} and one class a command. */
package io.sinkstream.job;
