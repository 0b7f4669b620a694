/** Side chains and structures predicted by the network, and the files they go to. */
package org.bindrae.training.prediction;
