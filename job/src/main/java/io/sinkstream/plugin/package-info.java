/** What an executor does beside its tasks. */
package io.sinkstream.plugin;
