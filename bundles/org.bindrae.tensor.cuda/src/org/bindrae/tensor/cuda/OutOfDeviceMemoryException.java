package org.bindrae.tensor.cuda;

import java.util.Locale;

import org.bindrae.tensor.DeviceMemoryException;

/** The card has not enough memory for what was asked. */
public final class OutOfDeviceMemoryException extends DeviceMemoryException {
    private static final long serialVersionUID = 1L;

    private final long asked;

    OutOfDeviceMemoryException(String device, long asked, long free, long total, long used) {
        super(String.format(Locale.ROOT, "%s has not enough memory: %s asked, %s free of %s; this process holds %s. Shorten the batch or the longest complex",
                device, size(asked), size(free), size(total), size(used)));
        this.asked = asked;
    }

    /** Bytes that could not be had. */
    public long asked() {
        return asked;
    }

    static String size(long bytes) {
        return bytes >= 1L << 30 ? String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1L << 30))
                : String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1L << 20));
    }
}
