/** Tensors, reverse-mode differentiation and the device SPI. */
package org.bindrae.tensor;
