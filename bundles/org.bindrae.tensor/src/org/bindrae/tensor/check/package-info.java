/** Compares what kernels compute on a device and on the processor. */
package org.bindrae.tensor.check;
