/** How surprising ordinary rows are, and how odd others are beside them. */
package io.sinkstream.calibration;
