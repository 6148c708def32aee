/**
 * The way in from Java, Scala, Python and notebooks: transformers of Spark ML over tables of keyed rows, endless ones too, with every
 * setting as a param.
 */
package io.sinkstream.ml;
