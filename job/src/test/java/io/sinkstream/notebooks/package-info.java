/** The notebooks, run paragraph by paragraph as Zeppelin's interpreters would. */
package io.sinkstream.notebooks;
