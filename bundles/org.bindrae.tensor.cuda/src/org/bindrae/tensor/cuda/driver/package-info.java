/** What the device needs of the CUDA driver, and that driver through JCuda and java.lang.foreign. */
package org.bindrae.tensor.cuda.driver;
