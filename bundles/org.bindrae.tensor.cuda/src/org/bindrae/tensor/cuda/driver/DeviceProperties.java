package org.bindrae.tensor.cuda.driver;

/**
 * A card.
 *
 * @param model as its maker calls it
 * @param memory bytes
 * @param capability compute capability, 90 for 9.0
 * @param sharedMemoryPerBlock bytes of dynamic shared memory that a block can ask for
 * @param driver version of CUDA that the driver implements, 13.0 for example
 */
public record DeviceProperties(String model, long memory, int capability, int multiprocessors, int sharedMemoryPerBlock, String driver) {
}
