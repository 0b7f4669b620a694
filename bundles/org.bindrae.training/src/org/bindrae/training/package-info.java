/** Losses, batches, the trainer, run directories and checkpoints. */
package org.bindrae.training;
