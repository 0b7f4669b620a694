/** The operations of geometry, edge, stage1 and training on CUDA. */
package org.bindrae.training.cuda.internal;
