/** Dialogues, in a terminal or from a file, and answers without end: one stream on the driver's machine, without Spark. */
package io.sinkstream.dialogue;
