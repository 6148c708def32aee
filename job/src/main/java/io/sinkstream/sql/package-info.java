/**
 * Where SQL is written: functions of a text, functions of a table of keyed rows, and how queries that call them are planned. A
 * session has them by {@link io.sinkstream.sql.SinkstreamExtensions}.
 */
package io.sinkstream.sql;
