/** Wrong on purpose: {@link io.sinkstream.testing.HouseRulesTest}. */
package io.sinkstream.testing.wronghouse.cache;
