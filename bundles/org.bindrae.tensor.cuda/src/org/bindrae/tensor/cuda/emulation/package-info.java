/** A driver that runs the same kernel sources on the processor, for tests on machines without a graphics card. */
package org.bindrae.tensor.cuda.emulation;
