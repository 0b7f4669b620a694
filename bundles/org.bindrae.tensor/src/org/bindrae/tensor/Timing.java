package org.bindrae.tensor;

import java.util.Arrays;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * How long repeated work took, milliseconds.
 *
 * @param repeats how often it was timed, after the warm-up
 */
public record Timing(double median, double least, double most, int repeats) {
    private static final int WARM_UP = 5;
    private static final int LEAST_REPEATS = 5;
    private static final int MOST_REPEATS = 100;
    /** Enough for a median that repeats. */
    private static final double SECONDS = 1.5;

    /** Work of one repeat, told which: inputs that rotate are not in a cache. */
    @FunctionalInterface
    @ConsumerType
    public interface Work {
        void run(int repeat);
    }

    /** Times work on a device as {@link Device#milliseconds} does, after a warm-up, as often as it takes for a steady median. */
    public static Timing of(Device device, Work work) {
        int repeat = 0;
        for (; repeat < WARM_UP; repeat++) {
            int now = repeat;
            device.milliseconds(() -> work.run(now));
        }
        double[] times = new double[MOST_REPEATS];
        int count = 0;
        long end = System.nanoTime() + (long) (SECONDS * 1e9);
        while (count < LEAST_REPEATS || count < MOST_REPEATS && System.nanoTime() < end) {
            int now = repeat++;
            times[count++] = device.milliseconds(() -> work.run(now));
        }
        Arrays.sort(times, 0, count);
        return new Timing(count % 2 == 1 ? times[count / 2] : (times[count / 2 - 1] + times[count / 2]) / 2, times[0], times[count - 1], count);
    }
}
