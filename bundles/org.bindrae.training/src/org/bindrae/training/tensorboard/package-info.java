/** Event files that TensorBoard reads. */
package org.bindrae.training.tensorboard;
