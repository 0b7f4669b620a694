/** Trainable modules, initialisation and optimisation. */
package org.bindrae.tensor.nn;
