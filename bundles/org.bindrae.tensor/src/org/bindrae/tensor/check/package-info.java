/** Compares what kernels compute on two devices. */
package org.bindrae.tensor.check;
