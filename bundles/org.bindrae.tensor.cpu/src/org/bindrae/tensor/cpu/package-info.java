/**
 * The CPU as a device: memory through java.lang.foreign, matrix products by OpenBLAS, everything else with the Vector API or plain loops, on one thread pool.
 */
package org.bindrae.tensor.cpu;
