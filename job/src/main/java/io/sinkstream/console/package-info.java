/** What a run tells on a terminal: progress, reports, tables of text, and failures in plain words. */
package io.sinkstream.console;
