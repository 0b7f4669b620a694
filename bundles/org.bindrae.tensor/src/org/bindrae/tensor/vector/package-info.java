/** Arithmetic on vectors of floats for host kernels; needs the module jdk.incubator.vector, without which this package's classes do not load. */
package org.bindrae.tensor.vector;
