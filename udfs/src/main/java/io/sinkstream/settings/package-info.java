/** Every setting once: its name, default, unit, documentation and check; and the exception of a wrong one. */
package io.sinkstream.settings;
