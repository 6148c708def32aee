/** The way in from Java, Scala and notebooks: tables in, tables out, endless ones too, with options by name. */
package io.sinkstream.ml;
