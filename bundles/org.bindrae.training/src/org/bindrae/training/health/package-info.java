/** Whether what trains and predicts is complete and works, for the command doctor. */
package org.bindrae.training.health;
